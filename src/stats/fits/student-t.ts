/**
 * The t below which a share of Student's t distribution lies, by bisection on its distribution function.
 * @param share above 0.5, below 1: 0.975 for a two-sided interval of 95 %
 * @param degrees degrees of freedom, a positive whole number
 */
export function studentT(share: number, degrees: number): number {
  let [low, high] = [0, 1]
  while (within(high, degrees) < 2 * share - 1) high *= 2
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2
    if (within(middle, degrees) < 2 * share - 1) low = middle
    else high = middle
  }
  return high
}

/** P(|T| <= t) as the finite sums for whole degrees (Abramowitz and Stegun, Handbook, 1964, 26.7.3 and 26.7.4). */
function within(t: number, degrees: number): number {
  const angle = Math.atan2(t, Math.sqrt(degrees))
  const square = Math.cos(angle) ** 2
  const odd = degrees % 2 === 1
  let term = odd ? Math.cos(angle) : 1
  let sum = 0
  for (let k = odd ? 1 : 0; k <= degrees - 2; k += 2) {
    sum += term
    term *= ((k + 1) / (k + 2)) * square
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum
}

/**
 * The probability that Student's t stays within -t and t. By the finite sums for whole degrees of freedom, Abramowitz
 * and Stegun: Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
 * @param t at least 0
 * @param degreesOfFreedom whole, at least 1
 * @throws RangeError for other degrees of freedom
 */
export function studentWithin(t: number, degreesOfFreedom: number): number {
  if (!Number.isInteger(degreesOfFreedom) || degreesOfFreedom < 1) {
    throw new RangeError(`Student's t needs whole degrees of freedom, not ${degreesOfFreedom}`)
  }
  const odd = degreesOfFreedom % 2 === 1
  const angle = Math.atan(t / Math.sqrt(degreesOfFreedom))
  const cosine = Math.cos(angle)
  let term = odd ? cosine : 1
  let sum = degreesOfFreedom === 1 ? 0 : term
  for (let i = odd ? 3 : 2; i <= degreesOfFreedom - 2; i += 2) {
    term *= (cosine ** 2 * (i - 1)) / i
    sum += term
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum
}

/**
 * The t within which Student's t stays with this probability: 2.571 for 0.95 and 5 degrees of freedom.
 * @param probability above 0, below 1
 */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  let low = 0
  let high = 1
  while (studentWithin(high, degreesOfFreedom) < probability) high *= 2
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (studentWithin(middle, degreesOfFreedom) < probability) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** An observation for a monotone fit: a value, and how much it weighs against the others. */
export interface Weighted {
  value: number
  weight: number
}

/**
 * The non-decreasing sequence nearest to the values by weighted least squares: pool adjacent violators
 * (M. Ayer, H. D. Brunk, G. M. Ewing, W. T. Reid, E. Silverman: An empirical distribution function for sampling with
 * incomplete information, Annals of Mathematical Statistics 26, 1955). For shares of yes and no it is also the one of
 * maximum likelihood.
 * @param observations in the order in which they should not decrease; weights above 0
 * @returns a fitted value for each
 */
export function isotonic(observations: readonly Weighted[]): number[] {
  const blocks: { sum: number; weight: number; length: number }[] = []
  for (const { value, weight } of observations) {
    let block = { sum: value * weight, weight, length: 1 }
    let before = blocks.at(-1)
    while (before !== undefined && before.sum / before.weight > block.sum / block.weight) {
      blocks.pop()
      block = {
        sum: before.sum + block.sum,
        weight: before.weight + block.weight,
        length: before.length + block.length,
      }
      before = blocks.at(-1)
    }
    blocks.push(block)
  }
  return blocks.flatMap(({ sum, weight, length }) => Array.from({ length }, () => sum / weight))
}

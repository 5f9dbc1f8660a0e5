/**
 * P values of several tests, adjusted so that the chance of even one false alarm among them stays below any bound that
 * an adjusted value is held against: Holm's step-down procedure. The smallest is multiplied by the number of tests, the
 * next by one less, and so on; none falls below one before it, or exceeds 1. It assumes nothing about how the tests
 * depend on each other. Holm: A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6, 1979.
 * @returns in the order of the p values
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const adjusted = pValues.map(() => 1)
  let least = 0
  const order = pValues.map((p, index) => ({ p, index })).toSorted((a, b) => a.p - b.p)
  for (const [rank, { p, index }] of order.entries()) {
    least = Math.max(least, Math.min(1, p * (pValues.length - rank)))
    adjusted[index] = least
  }
  return adjusted
}

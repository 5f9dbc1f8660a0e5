/**
 * Jain's fairness index, (sum x)^2 / (n sum x^2): from 1/n (one has everything) to 1 (all have the same).
 * Jain, Chiu, Hawe: A quantitative measure of fairness and discrimination, DEC-TR-301, 1984.
 * For shares that should differ, give what each got divided by what it should get (x_i / w_i).
 * @returns null when there is nothing to divide: no values, or all of them 0
 */
export function jainIndex(values: readonly number[]): number | null {
  const largest = Math.max(0, ...values)
  if (largest === 0) return null
  // Scaled by the largest, so that no square overflows or vanishes.
  const scaled = values.map((value) => value / largest)
  const sum = scaled.reduce((acc, value) => acc + value, 0)
  const squares = scaled.reduce((acc, value) => acc + value * value, 0)
  return (sum * sum) / (values.length * squares)
}

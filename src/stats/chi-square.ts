import { regularizedGammaQ } from './gamma.js'

export interface ChiSquare {
  statistic: number
  degreesOfFreedom: number
  /** Probability that chance alone gives a statistic at least this large. */
  pValue: number
}

/**
 * Pearson's chi-square test of goodness of fit: do counts follow the weights?
 * The p-value is an approximation that wants an expected count of about five or more in each cell.
 * @param cells observed count and relative weight (any positive scale), at least two, with a total count above 0
 * @throws RangeError for fewer than two cells, a weight that is not positive, a negative count or no counts at all
 */
export function chiSquareTest(cells: readonly { observed: number; weight: number }[]): ChiSquare {
  if (cells.length < 2) throw new RangeError('a chi-square test needs at least two cells')
  if (cells.some(({ weight }) => !(weight > 0))) throw new RangeError('weights must be positive')
  if (cells.some(({ observed }) => !(observed >= 0))) throw new RangeError('counts must not be negative')
  const total = cells.reduce((sum, { observed }) => sum + observed, 0)
  if (total === 0) throw new RangeError('a chi-square test needs at least one count')
  const weights = cells.reduce((sum, { weight }) => sum + weight, 0)
  const statistic = cells.reduce((sum, { observed, weight }) => {
    const expected = (total * weight) / weights
    return sum + (observed - expected) ** 2 / expected
  }, 0)
  const degreesOfFreedom = cells.length - 1
  return { statistic, degreesOfFreedom, pValue: chiSquareTail(statistic, degreesOfFreedom) }
}

/** P(X >= statistic) for X distributed as chi-square: Q(df / 2, statistic / 2). */
export function chiSquareTail(statistic: number, degreesOfFreedom: number): number {
  return regularizedGammaQ(degreesOfFreedom / 2, statistic / 2)
}

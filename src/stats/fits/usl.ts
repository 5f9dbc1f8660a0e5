import { formatNumber } from '../../core/units.js'
import { fitLaw, type LawFit, levelsOf, type ScalingPoint, throughputAt } from './scaling-law.js'

/** Fewer levels than this do not tell contention from coherency: Amdahl's law alone is fitted. */
export const USL_LEVELS = 6
/** A peak is believed up to so many times the largest n that was measured. */
const REACH = 1.5

/** The Universal Scalability Law, fitted. */
export interface UslFit extends LawFit {
  /** Where throughput is largest, n* = sqrt((1 - sigma) / kappa); null where the data do not reach near it. */
  peak: { n: number; x: number } | null
  /** Why there is no peak to tell. */
  peak_reason: string | null
}

/**
 * Fits the Universal Scalability Law: gamma >= 0, 0 <= sigma, kappa <= 1.
 * @throws RangeError for points of fewer than six levels
 */
export function fitUsl(points: readonly ScalingPoint[]): UslFit {
  const levels = levelsOf(points)
  if (levels.length < USL_LEVELS) throw new RangeError(`${levels.length} levels are too few for the USL`)
  const fit = fitLaw(points, [0, 1])
  const n = fit.kappa === 0 ? null : Math.sqrt((1 - fit.sigma) / fit.kappa)
  const [fewest, most] = [levels[0] ?? 0, levels.at(-1) ?? 0]
  if (n === null) {
    return { ...fit, peak: null, peak_reason: 'kappa is 0: nothing in the data says that throughput will fall' }
  }
  if (n < fewest) {
    return { ...fit, peak: null, peak_reason: `throughput falls from the fewest, n = ${formatNumber(fewest)}, on` }
  }
  if (n > REACH * most) {
    const reason = `the data end at n = ${formatNumber(most)}, too far below the peak of the curve (n = ${formatNumber(n)}) to speak for it`
    return { ...fit, peak: null, peak_reason: reason }
  }
  return { ...fit, peak: { n, x: throughputAt(fit, n) }, peak_reason: null }
}

import { fitLaw, type LawFit, type ScalingPoint } from './scaling-law.js'

/** Amdahl's law, fitted: sigma is the serial fraction. */
export interface AmdahlFit extends Omit<LawFit, 'intervals' | 'kappa'> {
  kappa: 0
  intervals: Pick<LawFit['intervals'], 'gamma' | 'sigma'>
  /** The speed-up that no number of workers exceeds, 1 / sigma; null where sigma is 0. */
  limit: number | null
}

/**
 * Fits Amdahl's law, X(n) = gamma n / (1 + sigma (n - 1)): gamma >= 0, 0 <= sigma <= 1.
 * @throws RangeError for fewer than three points, or two levels
 */
export function fitAmdahl(points: readonly ScalingPoint[]): AmdahlFit {
  const { intervals, ...fit } = fitLaw(points, [0, 0])
  return {
    ...fit,
    kappa: 0,
    intervals: { gamma: intervals.gamma, sigma: intervals.sigma },
    limit: fit.sigma === 0 ? null : 1 / fit.sigma,
  }
}

import { seededRandom } from '../core/random.js'
import { studentQuantile } from './student-t.js'

/** One less than a round number, so that 2.5 % and 97.5 % fall on values. */
const RESAMPLES = 3_999
/** How many times Student's reach a bound may have: a few outliers drive the ratios of tiny resamples beyond sense. */
const FURTHEST = 3
/** Values that differ by less, relative to their size, differ by rounding alone. */
const ROUNDING = 1e-12

/**
 * The 95 % confidence interval of a mean, by the studentised bootstrap (bootstrap-t; Efron and Tibshirani: An
 * Introduction to the Bootstrap, 1993, section 12.5), each bound between one and three times as far from the mean as
 * Student's. With 6 to 20 values percentile intervals are far too short: simulated on 6 normal values they cover the
 * mean in 86 %, and on 6 exponential ones in 80 %. Student's cover it in 95 % and 88 %, these in 96 % and 94 %
 * (bootstrap.test.ts). Where values are skewed as much as log-normal ones with sigma 1, 6 of them still give only 90 %.
 * @param values at least 2
 * @param seed of the resamples: the same values and seed give the same interval
 * @returns null for fewer values; without width where all are the same
 */
export function bootstrapMean(values: readonly number[], seed: number): [number, number] | null {
  const n = values.length
  if (n < 2) return null
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const deviations = values.map((value) => value - mean)
  const error = standardError(deviations)
  if (error <= ROUNDING * Math.max(...values.map(Math.abs))) return [mean, mean]
  const ratios = studentisedMeans(deviations, error, seed)
  const student = studentQuantile(0.95, n - 1)
  const reach = (ratio: number): number => error * Math.min(Math.max(ratio, student), FURTHEST * student)
  // The upper tail of the ratios bounds the mean from below, and the lower one from above.
  return [mean - reach(quantile(ratios, 0.975)), mean + reach(-quantile(ratios, 0.025))]
}

/** Of resamples: how far the mean is off, in standard errors of the resample itself; sorted. */
function studentisedMeans(deviations: readonly number[], error: number, seed: number): Float64Array {
  const random = seededRandom(seed)
  const resample = deviations.map(() => 0)
  return Float64Array.from({ length: RESAMPLES }, () => {
    for (let i = 0; i < resample.length; i++) resample[i] = deviations[Math.floor(random() * deviations.length)] ?? 0
    const off = resample.reduce((sum, value) => sum + value, 0) / resample.length
    const own = standardError(resample)
    // One value drawn again and again has no spread: its mean is any number of standard errors off.
    return own > ROUNDING * error ? off / own : off === 0 ? 0 : Math.sign(off) * Number.POSITIVE_INFINITY
  }).sort()
}

function standardError(values: readonly number[]): number {
  const n = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1) / n)
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.round(share * (sorted.length + 1)) - 1] ?? Number.NaN
}

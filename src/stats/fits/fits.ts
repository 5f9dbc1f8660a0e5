import { FEWEST_LEVELS } from '../../core/scaling-data.js'
import { median } from '../quantiles.js'
import { type AmdahlFit, fitAmdahl } from './amdahl.js'
import { type Interval, levelsOf, type ScalingPoint } from './scaling-law.js'
import { fitUsl, USL_LEVELS, type UslFit } from './usl.js'

/** What was measured with one number of workers. */
export interface ScalingLevel {
  n: number
  /** Throughput; the median where there are several measurements. */
  x: number
  measurements: number
  /** Of x, where it is known. */
  interval: Interval | null
  /** x over that of the fewest workers, per worker of theirs: n times as much is linear. */
  speedup: number
  /** speedup / n: 1 is linear. */
  efficiency: number
}

/** Measured throughput by number of workers, and the laws of scaling fitted to it. */
export interface Fits {
  points: readonly (ScalingPoint & { interval?: Interval })[]
  levels: readonly ScalingLevel[]
  /** Null where the levels are too few. */
  usl: UslFit | null
  usl_reason: string | null
  amdahl: AmdahlFit
}

/**
 * Fits both laws, the Universal Scalability Law from six levels on.
 * @param points at least three levels; several points of one n are repeats
 * @throws RangeError for fewer levels
 */
export function fitScaling(points: Fits['points']): Fits {
  const levels = levelsOf(points)
  if (levels.length < FEWEST_LEVELS) throw new RangeError(`${levels.length} levels are too few for a fit`)
  const enough = levels.length >= USL_LEVELS
  return {
    points,
    levels: measured(points, levels),
    usl: enough ? fitUsl(points) : null,
    usl_reason: enough
      ? null
      : `${levels.length} levels are fewer than the ${USL_LEVELS} that tell contention from coherency`,
    amdahl: fitAmdahl(points),
  }
}

function measured(points: Fits['points'], levels: readonly number[]): ScalingLevel[] {
  const at = levels.map((n) => points.filter((point) => point.n === n))
  const middles = at.map((level) => median(level.map(({ x }) => x)) ?? 0)
  const [fewest = 1, first = 1] = [levels[0], middles[0]]
  return levels.map((n, i): ScalingLevel => {
    const x = middles[i] ?? 0
    const [only, ...others] = at[i] ?? []
    const speedup = x / (first / fewest)
    return {
      n,
      x,
      measurements: others.length + 1,
      interval: others.length === 0 ? (only?.interval ?? null) : null,
      speedup,
      efficiency: speedup / n,
    }
  })
}

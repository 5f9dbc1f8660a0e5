import { studentQuantile } from '../student-t.js'
import { leastSquares } from './least-squares.js'

/** A measurement: throughput x of n workers (replicas, processors, threads, clients); both above 0. */
export interface ScalingPoint {
  n: number
  x: number
}

/**
 * Parameters of X(n) = gamma n / (1 + sigma (n - 1) + kappa n (n - 1)), the Universal Scalability Law
 * (N. J. Gunther, Guerrilla Capacity Planning, 2007, chapters 4 to 6). gamma: throughput of one, in the unit of x; sigma:
 * contention, the share of the work that only one can do at a time; kappa: coherency, what keeping every pair in agreement
 * costs. With kappa = 0 it is Amdahl's law (G. M. Amdahl, AFIPS 1967), with both 0 linear growth.
 */
export interface LawParameters {
  gamma: number
  sigma: number
  kappa: number
}

export type Interval = readonly [low: number, high: number]

/** A fitted law, with its doubts. */
export interface LawFit extends LawParameters {
  /** 95 % profile intervals. */
  intervals: Record<keyof LawParameters, Interval>
  /** Root mean square of (fitted - measured) / measured over the points. */
  rms_error: number
  /** The same where each point's level was left out of the fit that predicts it; of very many levels several at a time. */
  loo_error: number
}

/** What the law says of n workers. */
export function throughputAt({ gamma, sigma, kappa }: LawParameters, n: number): number {
  return (gamma * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1))
}

/** The distinct n among the points, the smallest first. */
export function levelsOf(points: readonly ScalingPoint[]): number[] {
  return [...new Set(points.map(({ n }) => n))].toSorted((a, b) => a - b)
}

/** Parameters as the solver takes them. */
type Vector = readonly number[]
type Bounds = readonly Interval[]

const CONFIDENCE = 0.95
/** Levels are left out one by one up to here: hundreds of fits of hundreds of points take many seconds. */
const MOST_FOLDS = 40

/**
 * Fits the law by least squares in x, every point weighing the same: gamma >= 0, 0 <= sigma <= 1, and kappa within what is
 * given, [0, 0] for Amdahl's law.
 *
 * Intervals are those of the profile: all values of a parameter at which the residual sum of squares, smallest over the
 * other parameters, stays below its minimum times 1 + t^2 / (N - p), with Student's t (D. M. Bates, D. G. Watts, Nonlinear
 * Regression Analysis and Its Applications, 1988, section 6.1). Unlike those from the Jacobian they are right at a bound.
 * They take the errors to be independent and of one size.
 * @throws RangeError unless there are more points than parameters to be fitted, and two levels
 */
export function fitLaw(points: readonly ScalingPoint[], kappa: Interval): LawFit {
  const bounds: Bounds = [[0, Number.POSITIVE_INFINITY], [0, 1], kappa]
  const fitted = bounds.filter(([low, high]) => high > low).length
  const levels = levelsOf(points)
  if (points.length <= fitted || levels.length < 2) {
    throw new RangeError(`${points.length} points at ${levels.length} levels do not determine ${fitted} parameters`)
  }
  const best = minimum(points, bounds, coarse(points, bounds))
  const errors = relativeErrors(points, best.parameters)
  const folds = Math.min(levels.length, MOST_FOLDS)
  const leftOut = Array.from({ length: folds }, (_, fold) => {
    const out = new Set(levels.filter((_level, i) => i % folds === fold))
    const rest = points.filter(({ n }) => !out.has(n))
    const without = minimum(rest, bounds, best.parameters).parameters
    return relativeErrors(
      points.filter(({ n }) => out.has(n)),
      without,
    )
  }).flat()
  const limit = best.rss * (1 + studentQuantile(CONFIDENCE, points.length - fitted) ** 2 / (points.length - fitted))
  const interval = (index: number): Interval => [
    profileEnd(points, bounds, best.parameters, index, -1, limit),
    profileEnd(points, bounds, best.parameters, index, 1, limit),
  ]
  return {
    ...named(best.parameters),
    intervals: { gamma: interval(0), sigma: interval(1), kappa: interval(2) },
    rms_error: rootMeanSquare(errors),
    loo_error: rootMeanSquare(leftOut),
  }
}

function minimum(points: readonly ScalingPoint[], bounds: Bounds, start: Vector) {
  return leastSquares({
    observed: points.map(({ x }) => x),
    values: (vector) => points.map(({ n }) => throughputAt(named(vector), n)),
    gradients: (vector) => points.map(({ n }) => gradientAt(named(vector), n)),
    start,
    bounds,
  })
}

/** Derivatives by gamma, sigma and kappa. */
function gradientAt({ gamma, sigma, kappa }: LawParameters, n: number): number[] {
  const below = 1 + sigma * (n - 1) + kappa * n * (n - 1)
  const byBelow = (-gamma * n) / below ** 2
  return [n / below, byBelow * (n - 1), byBelow * n * (n - 1)]
}

/** Losses at the largest n, in parts of the ideal, from which a start is chosen. */
const LOSSES = [0, 0.03, 0.1, 0.3, 1, 3, 10, 30]

/** The best of a coarse grid over sigma and kappa, gamma being linear and so known for each. */
function coarse(points: readonly ScalingPoint[], bounds: Bounds): Vector {
  const most = Math.max(...points.map(({ n }) => n))
  const inBounds = (value: number, index: number): number => {
    const [low, high] = bounds[index] ?? [value, value]
    return Math.min(Math.max(value, low), high)
  }
  const candidates = LOSSES.flatMap((queued) =>
    LOSSES.map((agreed) => {
      const [sigma, kappa] = [inBounds(queued / most, 1), inBounds(agreed / most ** 2, 2)]
      const shape = points.map(({ n }) => throughputAt({ gamma: 1, sigma, kappa }, n))
      const gamma =
        points.reduce((sum, { x }, i) => sum + x * (shape[i] ?? 0), 0) /
        shape.reduce((sum, value) => sum + value ** 2, 0)
      const rss = points.reduce((sum, { x }, i) => sum + (x - gamma * (shape[i] ?? 0)) ** 2, 0)
      return { vector: [gamma, sigma, kappa], rss }
    }),
  )
  return candidates.reduce((best, other) => (other.rss < best.rss ? other : best)).vector
}

/**
 * The end of a parameter's profile interval: from the estimate outwards in steps that double until the limit is passed,
 * then by bisection.
 */
function profileEnd(
  points: readonly ScalingPoint[],
  bounds: Bounds,
  best: Vector,
  index: number,
  direction: -1 | 1,
  limit: number,
): number {
  const estimate = best[index] ?? 0
  const bound = bounds[index]?.[direction === 1 ? 1 : 0] ?? estimate
  let near: Vector = best
  /** Whether the interval goes so far. */
  const holds = (value: number): boolean => {
    const held = bounds.map((range, j): Interval => (j === index ? [value, value] : range))
    const { parameters, rss } = minimum(points, held, near)
    // Not `rss > limit`: beyond the range of numbers it is none.
    if (!(rss <= limit)) return false
    near = parameters
    return true
  }
  if (estimate === bound || limit === 0) return estimate
  const most = Math.max(...points.map(({ n }) => n))
  let step = ([estimate, 1 / most, 1 / most ** 2][index] || 1) * 1e-4
  let inside = estimate
  let outside = estimate
  for (;;) {
    outside = direction === 1 ? Math.min(estimate + step, bound) : Math.max(estimate - step, bound)
    if (!holds(outside)) break
    inside = outside
    if (outside === bound) return bound
    step *= 2
  }
  while (Math.abs(outside - inside) > 1e-5 * Math.abs(outside - estimate)) {
    const middle = (inside + outside) / 2
    if (middle === inside || middle === outside) break
    if (holds(middle)) inside = middle
    else outside = middle
  }
  return inside
}

function relativeErrors(points: readonly ScalingPoint[], vector: Vector): number[] {
  return points.map(({ n, x }) => (throughputAt(named(vector), n) - x) / x)
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length)
}

function named(vector: Vector): LawParameters {
  const [gamma = 0, sigma = 0, kappa = 0] = vector
  return { gamma, sigma, kappa }
}

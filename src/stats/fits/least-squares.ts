/** A model of several parameters, to be fitted to observations. */
export interface LeastSquaresProblem {
  observed: readonly number[]
  /** The model's value at each observation. */
  values(parameters: readonly number[]): number[]
  /** The derivatives of each of these values by the parameters. */
  gradients(parameters: readonly number[]): number[][]
  /** Within the bounds. */
  start: readonly number[]
  /** Smallest and largest value of each parameter; the same for one that is held. */
  bounds: readonly (readonly [low: number, high: number])[]
}

export interface LeastSquaresFit {
  parameters: number[]
  /** Residual sum of squares. */
  rss: number
}

const MOST_STEPS = 500
/** Below this relative gain of a step there is nothing left to gain. */
const SETTLED = 1e-14
const MOST_DAMPING = 1e16

/**
 * The parameters within bounds at which the sum of squared residuals is smallest, from a start near enough.
 *
 * Levenberg and Marquardt's method with Marquardt's scaling, which makes it indifferent to the parameters' units
 * (D. W. Marquardt, J. SIAM 11(2), 1963). A step that leaves the bounds is projected back onto them, and a parameter at a
 * bound that the gradient pushes against is held (C. Kanzow, N. Yamashita, M. Fukushima, J. Comput. Appl. Math. 172(2), 2004).
 */
export function leastSquares(problem: LeastSquaresProblem): LeastSquaresFit {
  const { observed, values, gradients, bounds } = problem
  const residualsAt = (parameters: readonly number[]): number[] =>
    values(parameters).map((value, i) => (observed[i] ?? 0) - value)
  let parameters = projected(problem.start, bounds)
  let residuals = residualsAt(parameters)
  let rss = sumOfSquares(residuals)
  let damping = 1e-3
  for (let step = 0; step < MOST_STEPS && damping < MOST_DAMPING; step++) {
    const jacobian = gradients(parameters)
    const pull = parameters.map((_, j) =>
      jacobian.reduce((sum, row, i) => sum + (row[j] ?? 0) * (residuals[i] ?? 0), 0),
    )
    const free = parameters.flatMap((value, j) => (isHeld(value, pull[j] ?? 0, bounds[j]) ? [] : [j]))
    if (free.length === 0) break
    const normal = free.map((a) =>
      free.map((b) => jacobian.reduce((sum, row) => sum + (row[a] ?? 0) * (row[b] ?? 0), 0)),
    )
    let gain = 0
    while (damping < MOST_DAMPING) {
      const move = solve(
        normal.map((row, a) => row.map((value, b) => (a === b ? value * (1 + damping) || Number.MIN_VALUE : value))),
        free.map((j) => pull[j] ?? 0),
      )
      const moved = [...parameters]
      for (const [a, j] of free.entries()) moved[j] = (moved[j] ?? 0) + (move[a] ?? 0)
      const next = projected(moved, bounds)
      const nextResiduals = residualsAt(next)
      const nextRss = sumOfSquares(nextResiduals)
      if (nextRss < rss) {
        gain = rss - nextRss
        ;[parameters, residuals, rss] = [next, nextResiduals, nextRss]
        damping = Math.max(damping / 10, 1e-12)
        break
      }
      damping *= 10
    }
    if (gain <= SETTLED * rss) break
  }
  return { parameters, rss }
}

/** Whether a parameter lies at a bound, and less of the residuals lies beyond it. */
function isHeld(value: number, pull: number, bound: readonly [number, number] | undefined): boolean {
  const [low, high] = bound ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  return (value <= low && pull <= 0) || (value >= high && pull >= 0)
}

function projected(parameters: readonly number[], bounds: LeastSquaresProblem['bounds']): number[] {
  return parameters.map((value, j) => {
    const [low, high] = bounds[j] ?? [value, value]
    return Math.min(Math.max(value, low), high)
  })
}

function sumOfSquares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0)
}

/** The solution of a small symmetric system by elimination with the largest pivot. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0])
  const size = rows.length
  for (let column = 0; column < size; column++) {
    const pivots = rows.slice(column).map((row) => Math.abs(row[column] ?? 0))
    const best = column + pivots.indexOf(Math.max(...pivots))
    const pivot = rows[best] ?? []
    rows[best] = rows[column] ?? []
    rows[column] = pivot
    for (const row of rows.slice(column + 1)) {
      const factor = (row[column] ?? 0) / (pivot[column] ?? 1)
      for (let k = column; k <= size; k++) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0)
    }
  }
  const solution = new Array<number>(size).fill(0)
  for (let i = size - 1; i >= 0; i--) {
    const row = rows[i] ?? []
    const known = solution.reduce((sum, value, k) => (k > i ? sum + (row[k] ?? 0) * value : sum), 0)
    solution[i] = ((row[size] ?? 0) - known) / (row[i] ?? 1)
  }
  return solution
}

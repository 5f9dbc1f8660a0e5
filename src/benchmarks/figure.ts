/** One line of the benchmark: what was asked for and what was measured. */
export interface Figure {
  figure: string
  /** In words: "<= 40", "520-560"; empty for a figure that only says something about the others. */
  target: string
  measured: number
  unit: string
  ok: boolean
}

/** A figure that must not exceed a limit. */
export function atMost(figure: string, measured: number, limit: number, unit = ''): Figure {
  return { figure, target: `<= ${limit}`, measured, unit, ok: measured <= limit }
}

/** A figure that must reach a bound. */
export function atLeast(figure: string, measured: number, bound: number, unit = ''): Figure {
  return { figure, target: `>= ${bound}`, measured, unit, ok: measured >= bound }
}

/** A figure that must stay below a limit. */
export function below(figure: string, measured: number, limit: number, unit = ''): Figure {
  return { figure, target: `< ${limit}`, measured, unit, ok: measured < limit }
}

/** A figure that must lie in a range, ends included. */
export function within(figure: string, measured: number, low: number, high: number, unit = ''): Figure {
  return { figure, target: `${low}-${high}`, measured, unit, ok: measured >= low && measured <= high }
}

/** Two counts that must be the same. */
export function equal(figure: string, measured: number, expected: number, unit = ''): Figure {
  return { figure, target: `= ${expected}`, measured, unit, ok: measured === expected }
}

/** A figure without a target. */
export function info(figure: string, measured: number, unit = ''): Figure {
  return { figure, target: '', measured, unit, ok: true }
}

/** The number a target is held against for the ratio: its limit, or the middle of its range; NaN without a target. */
export function targetNumber(target: string): number {
  const numbers = [...target.matchAll(/\d+(?:\.\d+)?/g)].map(([text]) => Number(text))
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

/** The median. NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** The value that so many per cent of the values do not exceed (nearest rank). NaN for no values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN
}

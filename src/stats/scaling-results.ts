import type { Level } from '../core/comparison.js'
import { FEWEST_LEVELS } from '../core/scaling-data.js'
import { bootstrapMean } from './bootstrap.js'
import type { ComparedResults } from './compared-runs.js'
import { type Fits, fitScaling } from './fits/fits.js'
import { median } from './quantiles.js'

/** Capacity at one level, held against that of the fewest. */
export interface LevelResult {
  variant: string
  n: number
  /** Median over the runs that count, requests/s; null without any. */
  x: number | null
  runs: number
  /** Geometric mean of the ratios to the fewest within blocks, times their number. */
  speedup: number | null
  /** Its 95 % interval; null with fewer than two blocks. */
  interval: [number, number] | null
  /** speedup / n: 1 is linear. */
  efficiency: number | null
  /** What each one more than on the level before has added, in shares of what one alone does; null for the first. */
  added: number | null
}

/** The same budget spent on more instances and on a larger one. */
export interface BudgetResult {
  n: number
  horizontal: number | null
  vertical: number | null
  /** Vertical over horizontal, within blocks. */
  ratio: number | null
  interval: [number, number] | null
}

export interface ScalingResults {
  levels: readonly LevelResult[]
  budgets: readonly BudgetResult[]
  /** Laws fitted to the runs of all levels; null where there are fewer than three. */
  fits: Fits | null
}

/** How capacity grew with the number of instances, and what a larger one does with the same budget. */
export function scalingResults({ comparison, cells, metrics }: ComparedResults): ScalingResults {
  const { levels, seed } = comparison
  const [metric] = metrics
  const valuesOf = (variant: string): readonly (number | null)[] => cells[metric?.name ?? '']?.[variant]?.values ?? []
  const horizontal = levels.filter(({ way }) => way === 'horizontal').toSorted((a, b) => a.n - b.n)
  const [first] = horizontal
  if (first === undefined) return { levels: [], budgets: [], fits: null }
  const rows: LevelResult[] = []
  for (const { variant, n } of horizontal) {
    const known = valuesOf(variant).filter((value) => value !== null)
    const { ratio, interval } = within(valuesOf(variant), valuesOf(first.variant), seed)
    const speedup = ratio === null ? null : ratio * first.n
    const before = rows.at(-1)
    rows.push({
      variant,
      n,
      x: median(known),
      runs: known.length,
      speedup,
      interval: interval === null ? null : [interval[0] * first.n, interval[1] * first.n],
      efficiency: speedup === null ? null : speedup / n,
      added: before?.speedup == null || speedup === null ? null : (speedup - before.speedup) / (n - before.n),
    })
  }
  const points = horizontal.flatMap(({ variant, n }) =>
    valuesOf(variant).flatMap((x) => (x === null ? [] : [{ n, x }])),
  )
  const distinct = new Set(points.map(({ n }) => n)).size
  return {
    levels: rows,
    budgets: budgetsOf(levels, valuesOf, seed),
    fits: distinct < FEWEST_LEVELS ? null : fitScaling(points),
  }
}

function budgetsOf(
  levels: readonly Level[],
  valuesOf: (variant: string) => readonly (number | null)[],
  seed: number,
): BudgetResult[] {
  return levels
    .filter(({ way }) => way === 'vertical')
    .flatMap(({ variant, n }) => {
      const other = levels.find((level) => level.way === 'horizontal' && level.n === n)
      if (other === undefined) return []
      const [larger, more] = [valuesOf(variant), valuesOf(other.variant)]
      const middle = (values: readonly (number | null)[]): number | null =>
        median(values.filter((value) => value !== null))
      return { n, horizontal: middle(more), vertical: middle(larger), ...within(larger, more, seed) }
    })
    .toSorted((a, b) => a.n - b.n)
}

/** Geometric mean of the ratios within blocks, with its interval. */
function within(
  values: readonly (number | null)[],
  base: readonly (number | null)[],
  seed: number,
): { ratio: number | null; interval: [number, number] | null } {
  const logs = values.flatMap((value, block) => {
    const other = base[block] ?? null
    return value === null || other === null || value <= 0 || other <= 0 ? [] : [Math.log(value / other)]
  })
  if (logs.length === 0) return { ratio: null, interval: null }
  const interval = bootstrapMean(logs, seed)
  return {
    ratio: Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length),
    interval: interval === null ? null : [Math.exp(interval[0]), Math.exp(interval[1])],
  }
}

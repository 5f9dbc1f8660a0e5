import { DEFAULT_MARGIN } from '../core/experiment.js'
import type { Metric } from '../core/metric.js'
import { METRICS } from '../core/metrics.js'
import type { RunRecord, Validity, Verdict } from '../core/record.js'
import { bearing, doubtsOf } from '../core/validity.js'
import { marginOf, scaleOf } from './effect.js'
import { largest, smallest } from './quantiles.js'

/** A figure of two runs, and what can be said of its change. */
export interface FigureDiff {
  metric: string
  label: string
  unit: string
  /** Null where the run did not measure it. */
  old: number | null
  new: number | null
  /** New over old; null where either is missing, or the old one is 0. */
  ratio: number | null
  /** Null where either is missing. */
  change: FigureChange | null
  /** Why there is nothing that can be told; null where there is. */
  reason: ChangeReason | null
  scatter: Scatter
}

/**
 * Which way a figure went, for better or worse where one way is better: said only of what lies beyond the margin and
 * beyond what repeats scatter. What lies within either is `none`; what no repeat bears out is `unknown`.
 */
export type FigureChange = 'better' | 'worse' | 'more' | 'less' | 'none' | 'unknown'
export type ChangeReason =
  | 'within the margin'
  | 'within the scatter'
  | 'too few runs'
  | 'in doubt'
  | 'another experiment'

/**
 * Whether two groups of repeats lie apart: "apart" when no value of one is between those of the other and that would
 * happen to groups of the same kind in at most 5 % of the cases; "overlapping"; or "unknown", where there are too few.
 */
export type Scatter = 'apart' | 'overlapping' | 'unknown'

export interface VerdictDiff {
  claim: string
  expected: string
  unit: string
  /** Null where the run made no such claim. */
  old: Pick<Verdict, 'result' | 'measured'> | null
  new: Pick<Verdict, 'result' | 'measured'> | null
  /** Whether both runs made the claim, and it came out another way. */
  changed: boolean
}

export interface ValidityDiff {
  check: string
  old: Validity | null
  new: Validity | null
}

/** Two runs of one experiment, from different days. */
export interface RunDiff {
  /** Whether both are of the same scenario, and of the same kind: run, drill or migration. */
  same_experiment: boolean
  /** How many runs stand for each side, itself included. */
  runs: { old: number; new: number }
  /** Differences within it are none that matters: relative, and of shares absolute. */
  margin: number
  figures: FigureDiff[]
  verdicts: VerdictDiff[]
  validity: ValidityDiff[]
}

/** Runs that repeat the older and the newer one, themselves left out. */
export interface Repeats {
  old: readonly RunRecord[]
  new: readonly RunRecord[]
}

/** Holds a newer run against an older one, figure by figure. */
export function diffRecords(
  older: RunRecord,
  newer: RunRecord,
  repeats: Repeats = { old: [], new: [] },
  margin = DEFAULT_MARGIN,
): RunDiff {
  const sides = { old: [older, ...repeats.old], new: [newer, ...repeats.new] }
  const same = older.scenario === newer.scenario && kindOf(older) === kindOf(newer)
  const sound = [older, newer].every((record) => record.status === 'complete' && doubtsOf(bearing(record)).length === 0)
  return {
    same_experiment: same,
    runs: { old: sides.old.length, new: sides.new.length },
    margin,
    figures: METRICS.flatMap((metric: Metric): FigureDiff[] => {
      const [was, is] = [metric.read(older), metric.read(newer)]
      if (was === null && is === null) return []
      const { name, label, unit } = metric
      const scatter = scatterOf(valuesOf(sides.old, metric.read), valuesOf(sides.new, metric.read))
      const told =
        was === null || is === null
          ? { change: null, reason: null }
          : changeOf(metric, was, is, { scatter, margin, same, sound })
      const ratio = was === null || is === null || was === 0 ? null : is / was
      return [{ metric: name, label, unit, old: was, new: is, ratio, ...told, scatter }]
    }),
    verdicts: verdictDiffs(older.verdicts, newer.verdicts),
    validity: [...new Set([...older.validity, ...newer.validity].map(({ check }) => check))].map((check) => ({
      check,
      old: older.validity.find((row) => row.check === check) ?? null,
      new: newer.validity.find((row) => row.check === check) ?? null,
    })),
  }
}

/**
 * Probability that two groups from one distribution lie wholly apart, one way or the other: 2 of all ways to choose who
 * is in the first group (the smallest p of the two-sided rank-sum test of Wilcoxon, 1945).
 * @param m size of one group, at least 1
 * @param n size of the other, at least 1
 */
export function chanceApart(m: number, n: number): number {
  let ways = 1
  for (let i = 1; i <= m; i++) ways = (ways * (n + i)) / i
  return Math.min(1, 2 / ways)
}

/** Groups that are smaller than this would lie apart by chance too often. */
const CHANCE = 0.05

function scatterOf(old: readonly number[], recent: readonly number[]): Scatter {
  const [oldLow, oldHigh, low, high] = [smallest(old), largest(old), smallest(recent), largest(recent)]
  if (oldLow === null || oldHigh === null || low === null || high === null) return 'unknown'
  if (chanceApart(old.length, recent.length) > CHANCE) return 'unknown'
  return oldHigh < low || high < oldLow ? 'apart' : 'overlapping'
}

function valuesOf(records: readonly RunRecord[], read: (record: RunRecord) => number | null): number[] {
  return records.map(read).filter((value) => value !== null)
}

/** The nearest reason to say nothing comes first: what two runs agree in is none of the system's doing either way. */
function changeOf(
  metric: Metric,
  was: number,
  is: number,
  { scatter, margin, same, sound }: { scatter: Scatter; margin: number; same: boolean; sound: boolean },
): Pick<FigureDiff, 'change' | 'reason'> {
  const scale = scaleOf(metric, [was, is])
  const effect = scale === 'ratio' ? Math.abs(Math.log(is / was)) : Math.abs(is - was)
  const least = marginOf(metric, margin, scale, was)
  if (effect <= (scale === 'ratio' ? Math.log(1 + least) : least))
    return { change: 'none', reason: 'within the margin' }
  if (!same) return { change: 'unknown', reason: 'another experiment' }
  if (!sound) return { change: 'unknown', reason: 'in doubt' }
  if (scatter === 'overlapping') return { change: 'none', reason: 'within the scatter' }
  if (scatter === 'unknown') return { change: 'unknown', reason: 'too few runs' }
  if (metric.better === undefined) return { change: is > was ? 'more' : 'less', reason: null }
  return { change: is > was === (metric.better === 'more') ? 'better' : 'worse', reason: null }
}

function kindOf({ trial, reshard }: RunRecord): string {
  if (trial !== undefined) return `drill of ${trial.role}`
  return reshard === undefined ? 'run' : 'migration'
}

function verdictDiffs(older: readonly Verdict[], newer: readonly Verdict[]): VerdictDiff[] {
  const keyOf = ({ claim, metric, expected }: Verdict): string => JSON.stringify([claim, metric, expected])
  const all = new Map([...older, ...newer].map((verdict) => [keyOf(verdict), verdict]))
  return [...all].map(([key, { claim, expected, unit }]) => {
    const [was, is] = [older, newer].map((verdicts) => verdicts.find((verdict) => keyOf(verdict) === key) ?? null)
    const short = (verdict: Verdict | null | undefined) =>
      verdict === null || verdict === undefined ? null : { result: verdict.result, measured: verdict.measured }
    const changed = was !== null && is !== null && was?.result !== is?.result
    return { claim, expected, unit, old: short(was), new: short(is), changed }
  })
}

import { METRICS } from '../core/metrics.js'
import type { RunRecord, Validity, Verdict } from '../core/record.js'
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
  /** Which way it went: for better or worse, where one way is better. Null where either is missing. */
  change: 'better' | 'worse' | 'more' | 'less' | 'same' | null
  scatter: Scatter
}

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
export function diffRecords(older: RunRecord, newer: RunRecord, repeats: Repeats = { old: [], new: [] }): RunDiff {
  const sides = { old: [older, ...repeats.old], new: [newer, ...repeats.new] }
  return {
    same_experiment: older.scenario === newer.scenario && kindOf(older) === kindOf(newer),
    runs: { old: sides.old.length, new: sides.new.length },
    figures: METRICS.flatMap((metric) => {
      const [was, is] = [metric.read(older), metric.read(newer)]
      if (was === null && is === null) return []
      const { name, label, unit } = metric
      const better = 'better' in metric ? metric.better : undefined
      return [
        {
          metric: name,
          label,
          unit,
          old: was,
          new: is,
          ratio: was === null || is === null || was === 0 ? null : is / was,
          change: was === null || is === null ? null : changeOf(was, is, better),
          scatter: scatterOf(valuesOf(sides.old, metric.read), valuesOf(sides.new, metric.read)),
        },
      ]
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

function changeOf(was: number, is: number, better: 'more' | 'less' | undefined): FigureDiff['change'] {
  if (was === is) return 'same'
  if (better === undefined) return is > was ? 'more' : 'less'
  return is > was === (better === 'more') ? 'better' : 'worse'
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

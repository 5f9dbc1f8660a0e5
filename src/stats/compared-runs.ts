import { type ComparedRun, type Comparison, isOneBlock } from '../core/comparison.js'
import type { Metric } from '../core/metric.js'
import { findMetric } from '../core/metrics.js'
import type { RunRecord, Verdict } from '../core/record.js'
import { claimVerdicts } from './compared-claims.js'
import { type JudgedVariant, judgeComparison } from './comparison.js'
import { type DrawnComparisons, drawComparisons } from './false-alarms.js'
import { pooled } from './pooled.js'
import { median } from './quantiles.js'
import { isMeasured, isVoid, isVoidFor } from './void.js'

/** What one variant measured of one figure. */
export interface Cell {
  /** By block, from the first; null where it was not measured, or the run was voided. */
  values: readonly (number | null)[]
  median: number | null
  lowest: number | null
  highest: number | null
  /** Why there is no value at all; null where there is one. */
  reason: string | null
}

export interface VariantResult {
  name: string
  scenario: string
  /** Flags that set it apart. */
  set: Readonly<Record<string, string>>
  failure: string | null
  /** That count. */
  runs: readonly RunRecord[]
  /** Runs that were voided, by the words of their doubt. */
  voided: Readonly<Record<string, number>>
  /** Runs in which more was asked than could be served: their times say nothing, their rates do. */
  overloaded: number
  /** All that count as one: medians of their figures, their histograms merged. Null without any. */
  pooled: RunRecord | null
}

/** Everything that came out of a comparison, computed from its runs: the only input of its reports. */
export interface ComparedResults {
  comparison: Comparison
  variants: readonly VariantResult[]
  /** In their order; the first decides. Those that no variant measured are left out, unless it is the first. */
  metrics: readonly Metric[]
  /** By the name of the metric, then by that of the variant. */
  cells: Readonly<Record<string, Readonly<Record<string, Cell>>>>
  /** Of every variant but the baseline, metric by metric. */
  judged: readonly JudgedVariant[]
  claims: readonly Verdict[]
  /** Of a comparison of a variant with itself; null otherwise, or where there are too few runs. */
  drawn: DrawnComparisons | null
}

/** A variant of which more than this share of the runs was voided has no verdict on what hangs on speed. */
const MOST_VOIDED = 1 / 3
/** Blocks of the comparisons that are drawn from the runs of one variant. */
const DRAWN_BLOCKS = 10

/** What came out, from the records of the runs by the folders that the comparison names. Pure: same records, same results. */
export function comparedResults(comparison: Comparison, records: ReadonlyMap<string, RunRecord>): ComparedResults {
  const recordOf = ({ record }: ComparedRun): RunRecord | undefined =>
    record === null ? undefined : records.get(record)
  const asked = comparison.metrics.flatMap((name) => findMetric(name) ?? [])
  const variants = comparison.variants.map((variant) => resultOf(variant, comparison, recordOf))
  const all = Object.fromEntries(
    asked.map((metric) => [
      metric.name,
      Object.fromEntries(variants.map((variant) => [variant.name, cellOf(metric, variant, comparison, recordOf)])),
    ]),
  )
  const [deciding, ...others] = asked
  if (deciding === undefined) throw new Error('a comparison has a metric that decides')
  const beside = others.filter(({ name }) => Object.values(all[name] ?? {}).some((cell) => cell.median !== null))
  const metrics: [Metric, ...Metric[]] = [deciding, ...beside]
  const values = Object.fromEntries(
    metrics.map(({ name }) => [
      name,
      Object.fromEntries(Object.entries(all[name] ?? {}).map(([variant, cell]) => [variant, cell.values])),
    ]),
  )
  const { seed, margin, baseline, kind, draws } = comparison
  const judged =
    kind !== 'compare'
      ? []
      : judgeComparison(
          { metrics, variants: variants.map(({ name }) => name), baseline, values },
          { margin, seed },
        ).map((one) => (isOneBlock(comparison) ? ofMedians(one) : withDoubts(one, variants, all, baseline)))
  return {
    comparison,
    variants,
    metrics,
    cells: Object.fromEntries(metrics.map(({ name }) => [name, all[name] ?? {}])),
    judged,
    claims: claimVerdicts(comparison, metrics.length === 0 ? {} : all),
    drawn: draws === null ? null : drawn(comparison, metrics, values[deciding.name], values),
  }
}

function resultOf(
  { name, scenario, set, failure }: Comparison['variants'][number],
  comparison: Comparison,
  recordOf: (run: ComparedRun) => RunRecord | undefined,
): VariantResult {
  // Of one block nothing is judged: its figures are shown with the doubts about them, and no run is voided.
  const isOut = (run: ComparedRun): boolean => !isOneBlock(comparison) && isVoid(run)
  const mine = comparison.runs.filter((run) => run.variant === name && run.record !== null)
  const counted = mine.filter((run) => !isOut(run)).flatMap((run) => recordOf(run) ?? [])
  const voided: Record<string, number> = {}
  for (const run of mine.filter(isOut)) {
    const [word = 'in doubt'] = run.doubts
    voided[word] = (voided[word] ?? 0) + 1
  }
  const [first, ...rest] = counted
  return {
    name,
    scenario,
    set,
    failure,
    runs: counted,
    voided,
    overloaded: isOneBlock(comparison) ? 0 : mine.filter((run) => !isVoid(run) && run.doubts.length > 0).length,
    pooled: first === undefined ? null : pooled([first, ...rest]),
  }
}

function cellOf(
  metric: Metric,
  variant: VariantResult,
  comparison: Comparison,
  recordOf: (run: ComparedRun) => RunRecord | undefined,
): Cell {
  const mine = comparison.runs.filter((run) => run.variant === variant.name)
  const values = comparison.order.map((_, index) => {
    const run = mine.find(({ block }) => block === index + 1)
    const isOut = run === undefined || (!isOneBlock(comparison) && isVoidFor(run, metric))
    const record = isOut ? undefined : recordOf(run)
    return record === undefined ? null : metric.read(record)
  })
  const known = values.filter((value) => value !== null)
  return {
    values,
    median: median(known),
    lowest: known.length === 0 ? null : Math.min(...known),
    highest: known.length === 0 ? null : Math.max(...known),
    reason: known.length > 0 ? null : absence(metric, variant),
  }
}

/** Why a variant has no value of a figure, in words. */
function absence(metric: Metric, { failure, runs, voided, overloaded, scenario }: VariantResult): string {
  if (failure !== null) return 'it could not run'
  if (runs.length === 0) {
    const [word] = Object.keys(voided)
    return word === undefined ? 'no run has ended' : `every run was ${word}`
  }
  if (metric.unit === 'ms' && overloaded === runs.length) return 'every run was overloaded: times grow with its length'
  const [first] = runs
  if (metric.name.startsWith('replication.') && first?.replication === undefined) return `${scenario} has no standbys`
  if (metric.name.startsWith('drill.') && first?.trial === undefined) return 'its runs are no drills'
  if (metric.name.startsWith('sharding.'))
    return first?.sharding === undefined ? `${scenario} has no shards` : 'no rows were moved'
  if (/^(writes|reads)\./.test(metric.name)) return 'its load has no writes'
  if (metric.name.startsWith('distribution.')) return 'there is nothing to spread over'
  return 'its runs did not measure it'
}

/** Of one block: how the medians differ, whichever run each is of. */
function ofMedians(one: JudgedVariant): JudgedVariant {
  const { baseline_median: from, variant_median: to, scale } = one.judged
  if (from === null || to === null) return one
  const effect = scale === 'ratio' && from > 0 ? to / from : to - from
  return { ...one, judged: { ...one.judged, scale: from > 0 ? scale : 'difference', effect } }
}

/** No verdict where too many runs were voided, and the reason of an absence where there is one. */
function withDoubts(
  one: JudgedVariant,
  variants: readonly VariantResult[],
  cells: Readonly<Record<string, Readonly<Record<string, Cell>>>>,
  baseline: string,
): JudgedVariant {
  for (const name of [one.variant, baseline]) {
    const variant = variants.find((candidate) => candidate.name === name)
    const reason = cells[one.metric.name]?.[name]?.reason
    if (reason !== null && reason !== undefined) {
      return {
        ...one,
        judged: { ...one.judged, verdict: 'cannot tell', reason: name === baseline ? `of ${name}: ${reason}` : reason },
      }
    }
    const voided = Object.values(variant?.voided ?? {}).reduce((sum, count) => sum + count, 0)
    const all = voided + (variant?.runs.length ?? 0)
    if (variant !== undefined && isMeasured(one.metric) && voided > all * MOST_VOIDED) {
      const words = Object.entries(variant.voided).map(([word, count]) => `${count} ${word}`)
      const text = `of ${all} runs of ${name}, ${words.join(', ')}`
      return { ...one, judged: { ...one.judged, verdict: 'cannot tell', reason: text } }
    }
  }
  return one
}

function drawn(
  { draws, margin, seed }: Comparison,
  metrics: readonly [Metric, ...Metric[]],
  deciding: Readonly<Record<string, readonly (number | null)[]>> | undefined,
  values: Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>,
): DrawnComparisons | null {
  const [runs = []] = Object.values(deciding ?? {})
  // Runs that were voided are no part of what is drawn from.
  const good = runs.flatMap((value, i) => (value === null ? [] : [i]))
  const blocks = Math.min(DRAWN_BLOCKS, Math.floor(good.length / 2))
  if (draws === null || blocks < 2) return null
  const own = Object.fromEntries(
    metrics.map(({ name }) => {
      const [all = []] = Object.values(values[name] ?? {})
      return [name, good.map((i) => all[i] ?? null)]
    }),
  )
  return drawComparisons({ metrics, baseline: own, variant: null }, { comparisons: draws, blocks, margin, seed })
}

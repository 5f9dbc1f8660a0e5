import type { Comparison } from '../core/comparison.js'
import type { Claim } from '../core/experiment.js'
import type { Metric } from '../core/metric.js'
import { findMetric } from '../core/metrics.js'
import type { Verdict } from '../core/record.js'
import { formatNumber, formatRatio } from '../core/units.js'
import { formatValue } from '../core/value.js'
import { bootstrapMean } from './bootstrap.js'
import { median } from './quantiles.js'

/** By the name of the metric, then by that of the variant: values by block. */
type Values = Readonly<
  Record<string, Readonly<Record<string, { values: readonly (number | null)[]; reason: string | null }>>>
>

/**
 * The claims of an experiment held against what was measured: one holds when the whole interval of the value, or of its ratio
 * to the baseline, lies within its bounds; it is contradicted when the whole interval lies outside; else it cannot be told.
 */
export function claimVerdicts({ expect, baseline, seed, metrics }: Comparison, values: Values): Verdict[] {
  return expect.flatMap((claim) => {
    const metric = findMetric(claim.metric)
    if (metric === undefined) return []
    const asked = metrics.includes(metric.name)
    return [verdictOf(claim, metric, claim.baseline ?? baseline, asked ? (values[metric.name] ?? {}) : {}, seed)]
  })
}

function verdictOf(claim: Claim, metric: Metric, against: string, values: Values[string], seed: number): Verdict {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = claim
  const ratio = claim.of === 'ratio'
  const own = values[claim.variant]
  const other = values[against]
  const verdict = {
    claim: claim.claim,
    source: claim.source ?? null,
    metric: metric.name,
    expected: claimedBounds(claim, metric, against),
    measured: null,
    unit: ratio ? '' : metric.unit,
  }
  const missing = own?.reason ?? (ratio ? (other?.reason ?? null) : null)
  if (missing !== null) return { ...verdict, result: 'unknown', reason: missing }
  const effects = (own?.values ?? []).flatMap((value, block) => {
    if (value === null) return []
    if (!ratio) return [value]
    const base = other?.values[block] ?? null
    return base === null || base <= 0 || value <= 0 ? [] : [Math.log(value / base)]
  })
  const interval = bootstrapMean(effects, seed)
  if (interval === null) return { ...verdict, result: 'unknown', reason: 'fewer than two blocks measured it' }
  const back = (value: number): number => (ratio ? Math.exp(value) : value)
  const mean = effects.reduce((sum, value) => sum + value, 0) / effects.length
  const measured = ratio ? back(mean) : (median(effects) ?? mean)
  const [low, high] = [back(interval[0]), back(interval[1])]
  const format = (value: number): string => (ratio ? formatRatio(value) : formatNumber(value))
  const reach = `95 % interval ${format(low)} to ${format(high)}`
  if (low >= min && high <= max) return { ...verdict, measured, result: 'pass', reason: reach }
  if (high < min || low > max) {
    return {
      ...verdict,
      measured,
      result: 'fail',
      reason: claim.if_missed === undefined ? reach : `${reach}; ${claim.if_missed}`,
    }
  }
  return {
    ...verdict,
    measured,
    result: 'unknown',
    reason: `${reach}, which reaches across the bound: run more blocks`,
  }
}

/** The bounds of a claim in words: "at most 0.90x of round-robin". @param against the variant that a ratio is to */
export function claimedBounds({ of, min, max }: Claim, metric: Metric, against: string): string {
  const format = (value: number): string => (of === 'ratio' ? formatRatio(value) : formatValue(value, metric.unit))
  const bound =
    min !== undefined && max !== undefined
      ? `${format(min)} to ${format(max)}`
      : min === undefined
        ? `at most ${format(max ?? 0)}`
        : `at least ${format(min)}`
  return of === 'ratio' ? `${bound} of ${against}` : bound
}

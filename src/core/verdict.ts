import type { Metric } from './metric.js'
import { findMetric } from './metrics.js'
import type { RunRecord, Verdict } from './record.js'
import { shardingParametersOf } from './record-parameters.js'
import type { Expectation } from './scenario.js'
import type { Comparator, Objective } from './slo.js'
import { bearing, doubtsOf } from './validity.js'
import { formatValue } from './value.js'

/** The bounds of a claim in words: "450 to 550 requests/s", "at most 100 ms". @param unit of its metric */
export function expectedText(expectation: Pick<Expectation, 'min' | 'max'>, unit: string): string {
  const { min, max } = expectation
  if (min !== undefined && min === max) return `exactly ${formatValue(min, unit)}`
  if (min !== undefined && max !== undefined) {
    // "450 to 550 requests/s"; a share without its sign would be another number.
    return `${formatValue(min, unit === 'share' ? unit : '')} to ${formatValue(max, unit)}`
  }
  return min === undefined ? `at most ${formatValue(max ?? 0, unit)}` : `at least ${formatValue(min, unit)}`
}

/**
 * Of several values that were measured for one claim, the one that is worst for it.
 * @param expected as a verdict says it
 * @returns null where there is none, or where both larger and smaller ones can be worse (a range, an exact value)
 */
export function worstOf(values: readonly number[], expected: string): number | null {
  if (values.length === 0) return null
  if (/^(at most|<)/.test(expected)) return Math.max(...values)
  if (/^(at least|>)/.test(expected)) return Math.min(...values)
  return null
}

/** What a record has to be held against. */
export interface Criteria {
  expectations: readonly Expectation[]
  objectives: readonly Objective[]
}

/**
 * Whether a claim speaks of a record at all. Claims on drills speak of those drills alone, and claims on migrations of
 * those migrations. The others speak of runs whose figures neither a fault nor a migration has changed; that nothing is
 * lost or misread must hold during a migration as well. A claim on a scheme speaks of keys placed by it alone.
 */
export function concerns(claim: Expectation, record: RunRecord): boolean {
  const { reshard } = record
  if (claim.drill !== record.trial?.role) return false
  if (claim.scheme !== undefined && !schemesOf(record).every((scheme) => scheme === claim.scheme)) return false
  if (reshard === undefined) return claim.reshard === undefined
  if (claim.reshard === undefined) return UNDISTURBED.includes(claim.metric)
  return claim.reshard === `${reshard.plan.from.shards.length}-${reshard.plan.to.shards.length}`
}

/** What no migration may change. */
const UNDISTURBED: readonly string[] = [
  'writes.lost',
  'writes.duplicated',
  'reads.stale',
  'reads.stale_share',
  'reads.backwards',
  'sharding.misplaced',
]

/** By which the keys of a run were placed: a migration may go from one to another. */
function schemesOf(record: RunRecord): (string | undefined)[] {
  const { reshard } = record
  if (reshard !== undefined) return [reshard.plan.from.scheme, reshard.plan.to.scheme]
  return [record.sharding?.scheme ?? shardingParametersOf(record)?.scheme]
}

/** All verdicts of a record: of the claims that concern it, then of the objectives. */
export function verdictsOf(record: RunRecord, { expectations, objectives }: Criteria): Verdict[] {
  return [
    ...expectations
      .filter((expectation) => concerns(expectation, record))
      .map((claim) => judgeExpectation(claim, record)),
    ...objectives.map((objective) => judgeObjective(objective, record)),
  ]
}

/** A claim held against a record. Unknown, with the reason, where the run cannot tell. */
export function judgeExpectation(expectation: Expectation, record: RunRecord): Verdict {
  const metric = findMetric(expectation.metric)
  const measured = metric?.read(record) ?? null
  const verdict = {
    claim: expectation.claim,
    source: expectation.source ?? null,
    metric: expectation.metric,
    expected: expectedText(expectation, metric?.unit ?? ''),
    measured,
    unit: metric?.unit ?? '',
  }
  if (record.trial?.rto_ms === null && expectation.metric === 'drill.rto_ms' && record.status === 'complete') {
    return { ...verdict, result: 'fail', reason: 'service did not come back' }
  }
  const reason = unknownReason(expectation, record, measured)
  if (reason !== null || measured === null) return { ...verdict, result: 'unknown', reason }
  const holds = measured >= (expectation.min ?? -Infinity) && measured <= (expectation.max ?? Infinity)
  const doubts = voidingDoubts(expectation, metric, record, holds)
  if (doubts.length > 0) return { ...verdict, result: 'unknown', reason: `in doubt: ${doubts.join(', ')}` }
  return { ...verdict, result: holds ? 'pass' : 'fail', reason: holds ? null : (expectation.if_missed ?? null) }
}

/**
 * The doubts of a run that leave a claim open. Only figures are in doubt, rates and times: what was counted (which
 * instance, which server, which row) is so on a busy machine as well. And a laboratory at its limit makes a system look
 * slower, never faster, so a time that is short enough all the same, or a rate that is high enough, holds. That a system
 * could not follow ("overloaded") is a finding about the system.
 */
function voidingDoubts(
  { min, max }: Expectation,
  metric: Metric | undefined,
  record: RunRecord,
  holds: boolean,
): string[] {
  if (metric === undefined || !FIGURES.includes(metric.unit)) return []
  if (holds && (metric.better === 'less' ? min === undefined : max === undefined)) return []
  return doubtsOf(bearing(record)).filter((doubt) => doubt !== 'overloaded')
}

/** Units of rates and times. */
const FIGURES: readonly string[] = ['requests/s', 'ms']

function unknownReason(expectation: Expectation, record: RunRecord, measured: number | null): string | null {
  if (expectation.when !== undefined && expectation.when !== record.load.mode) {
    return expectation.when === 'closed'
      ? 'needs a capacity run (closed loop, --max)'
      : 'needs a run at an offered rate (--rps)'
  }
  // How evenly refusals were spread says nothing of how work is.
  if (record.load.ledger.ok === 0 && expectation.metric.startsWith('distribution.')) {
    return 'no request was answered well'
  }
  return unmeasuredReason(record, measured)
}

function unmeasuredReason(record: RunRecord, measured: number | null): string | null {
  if (measured === null) return 'the run did not measure it'
  if (record.status === 'complete') return null
  return record.status === 'failed' ? 'the run failed' : `the run was ${record.status}`
}

const HOLDS: Record<Comparator, (value: number, bound: number) => boolean> = {
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
}

/** A service level objective held against a record. Unknown, with the reason, where the run cannot tell. */
export function judgeObjective(objective: Objective, record: RunRecord): Verdict {
  const measured = objective.metric.read(record)
  const verdict = {
    claim: `objective ${objective.text}`,
    source: '--slo',
    metric: objective.metric.name,
    expected: `${objective.comparison} ${formatValue(objective.bound, objective.metric.unit)}`,
    measured,
    unit: objective.metric.unit,
  }
  const reason = unmeasuredReason(record, measured)
  if (reason !== null || measured === null) return { ...verdict, result: 'unknown', reason }
  return { ...verdict, result: HOLDS[objective.comparison](measured, objective.bound) ? 'pass' : 'fail', reason: null }
}

import { drillLead } from '../core/drill-lead.js'
import { adviceOn, allErrors } from '../core/error-answers.js'
import type { RunRecord } from '../core/record.js'
import { remedyFor } from '../core/remedies.js'
import { formatDuration, formatNumber } from '../core/units.js'
import { bearing, runKindOf } from '../core/validity.js'
import { largest } from '../stats/quantiles.js'
import { doubtSentence, doubtWords } from './doubts.js'
import { repeatedFaultWords } from './drill-words.js'
import type { Lead } from './lead.js'
import { capital, count, list, ms } from './quantities.js'
import { isReshard, moveWords, reshardSentences } from './reshard-words.js'
import { stackWords } from './stack-words.js'

/** A run in plain words. */
export function runLead(record: RunRecord): Lead {
  // What a migration has to say of its end says more.
  const status = isReshard(record) && record.reshard.outcome === record.status ? [] : statusSentence(record)
  const doubt = doubtSentence(record)
  return {
    doubt: [...status, ...(doubt === null ? [] : [`${doubt} ${consequence(record)}`])],
    // The question of the scenario is not the drill's.
    asked: [...(record.trial === undefined ? [record.question] : []), wayWords(record)],
    found: [
      ...actSentences(record),
      figures(record),
      ...(record.trial === undefined ? replicationSentence(record) : []),
    ],
    means: [...(doubt === null ? meaning(record) : []), ...verdictSentence(record)],
    sure: sureness(record),
  }
}

/** What was done to the system, and for how long. */
function wayWords(record: RunRecord): string {
  const { load, trial } = record
  const stack = stackWords(record)
  const acts =
    trial !== undefined
      ? `in this drill ${repeatedFaultWords(trial)} while `
      : isReshard(record)
        ? `rows were moved ${moveWords(record.reshard)} while `
        : ''
  if (load.mode === 'closed') {
    return capital(
      `${acts}${count(load.connections, 'connection')} sent requests to ${stack} for ${formatDuration(load.measured_ms)}, each the next one as soon as it was answered.`,
    )
  }
  const rates = load.stages.map(({ rps }) => rps)
  const rate =
    rates.length > 1
      ? `${formatNumber(Math.min(...rates))} to ${formatNumber(Math.max(...rates))} requests per second`
      : `${formatNumber(load.offered_rps ?? 0)} requests per second`
  return capital(
    `${acts}${rate} were sent to ${stack} for ${formatDuration(load.measured_ms)}, whether it kept up or not.`,
  )
}

/** What a drill or a migration showed; nothing for other runs. */
function actSentences(record: RunRecord): string[] {
  const said =
    record.trial !== undefined
      ? drillLead(record.trial, {
          durability: record.replication?.durability ?? null,
          unread: record.writes !== undefined && record.writes.lost === null,
          whole: record.status === 'complete',
        })
      : isReshard(record)
        ? reshardSentences(record)
        : []
  return said.map(unmarked)
}

/** Lag and losses of a run on a stack with standbys, in one sentence; nothing for others. */
function replicationSentence({ replication, writes, reads }: RunRecord): string[] {
  const lags = (replication?.standbys ?? []).flatMap(({ heartbeat_ms: { p99 } }) => p99 ?? [])
  const lag = largest(lags)
  const parts = [
    ...(lag === null ? [] : [`no standby was more than ${ms(lag)} behind the primary in 99 of 100 readings`]),
    ...(writes === undefined || writes.lost === null || writes.acknowledged === 0
      ? []
      : [`${formatNumber(writes.lost.length)} of ${count(writes.acknowledged, 'acknowledged write')} lost`]),
    ...(reads === undefined || reads.checked === 0
      ? []
      : [
          `${formatNumber(reads.stale)} of ${count(reads.checked, 'checked read')} missed what their client had written`,
        ]),
  ]
  return parts.length === 0 ? [] : [`${capital(parts.join('; '))}.`]
}

/** What cut the run short; nothing for one that ran its time. */
function statusSentence({ status, load, events }: RunRecord): string[] {
  if (status === 'interrupted') {
    const planned = load.stages.reduce((sum, stage) => sum + stage.duration_ms, 0)
    const of = planned > load.measured_ms ? ` of ${formatDuration(planned)}` : ''
    return [
      `Interrupted after ${formatDuration(load.measured_ms)}${of} of counted time: the figures stand for that part only.`,
    ]
  }
  if (status === 'failed') {
    const cause = events.findLast((event) => event.level === 'error')?.text
    return [`The run failed${cause === undefined ? '' : `: ${cause}`}.`]
  }
  return []
}

function figures({ load, latency }: RunRecord): string {
  const { due, ok } = load.ledger
  if (due === 0) return 'No request came in the counted part.'
  const faults = faultWords(load)
  if (ok === 0) return `Not one of ${count(due, 'request')} was answered well: ${list(faults)}.`
  const { p50, p99 } = latency.response_ms
  const times =
    p50 === null ? '' : `; half of the good answers took at most ${ms(p50)}, and 99 of 100 at most ${ms(p99)}`
  return faults.length === 0
    ? `It answered ${formatNumber(load.achieved_rps)} requests per second, all without an error${times}.`
    : `It answered ${formatNumber(load.goodput_rps)} requests per second well; of ${count(due, 'request')} ${list(faults)}${times}.`
}

/** What became of the requests that were not answered well: "3 HTTP errors (status 503: 3)", "9 lost". */
function faultWords({ ledger: { http_error, lost, unfinished }, statuses }: RunRecord['load']): string[] {
  const wrong = Object.entries(statuses).filter(([status]) => Number(status) >= 400)
  const which = wrong.map(([status, number]) => `${status}: ${formatNumber(number)}`).join(', ')
  return [
    ...(http_error > 0
      ? [`${count(http_error, 'HTTP error')}${which === '' ? '' : ` (answers by status ${which})`}`]
      : []),
    ...(lost > 0 ? [`${formatNumber(lost)} lost`] : []),
    ...(unfinished > 0 ? [`${formatNumber(unfinished)} unfinished`] : []),
  ]
}

/** Below this share of good answers it is the errors that a run is about. */
const MOSTLY_GOOD = 0.5

/** What the figures say of the system. Of a drill or a migration its own sentences do. */
function meaning(record: RunRecord): string[] {
  const { load, status } = record
  const { due, ok } = load.ledger
  if (due === 0 || status !== 'complete' || runKindOf(record) === 'act') return []
  if (ok / due < MOSTLY_GOOD)
    return [
      'Most answers were errors, and how fast errors come says nothing of how fast the work is done.',
      ...(allErrors(load) ? [`${adviceOn(load)}.`] : []),
    ]
  if (load.mode === 'closed') return ['That is the most that this stack answers under this load: its capacity.']
  return runKindOf(record) === 'load' && ok === due
    ? ['It kept up with what was sent; how much more it could take was not asked.']
    : []
}

/** What a doubt leaves of the figures. */
function consequence(record: RunRecord): string {
  const words = doubtWords(record)
  return words.every((word) => word === 'overloaded')
    ? 'Its times say nothing of how fast it is at a rate that it can follow.'
    : 'So the figures are no verdict on the system.'
}

/** How the expectations came out, in one sentence; nothing where none was stated. */
function verdictSentence({ verdicts }: RunRecord): string[] {
  if (verdicts.length === 0) return []
  const named = (result: string): string[] =>
    verdicts.filter((verdict) => verdict.result === result).map(({ claim }) => `"${claim}"`)
  const [passed, failed, unknown] = [named('pass'), named('fail'), named('unknown')]
  if (passed.length === verdicts.length) {
    return [verdicts.length === 1 ? 'What was expected holds.' : `All ${verdicts.length} expectations hold.`]
  }
  const parts = [
    ...(passed.length > 0
      ? [`${passed.length} of ${verdicts.length} expectations ${passed.length === 1 ? 'holds' : 'hold'}`]
      : []),
    ...(failed.length > 0 ? [`missed: ${list(failed)}`] : []),
    ...(unknown.length > 0 ? [`cannot tell: ${list(unknown)}`] : []),
  ]
  return [`${capital(parts.join('; '))}.`]
}

/** What to do about the gravest doubt; or that the checks hold, and how little one run is. */
function sureness(record: RunRecord): string[] {
  const checks = bearing(record)
  // A machine that is full leaves the generator too little as well.
  const failed = checks.find(({ ok, check }) => !ok && check === 'host-cpu') ?? checks.find(({ ok }) => !ok)
  if (failed !== undefined) {
    const remedy = remedyFor(failed, record)
    return remedy === null ? [] : [remedy]
  }
  if (checks.length === 0)
    return ['Whether generator and machine were sound was not checked, so treat the figures with care.']
  const unread = checks.filter(({ value }) => value === null).length
  const what = runKindOf(record) === 'act' ? 'machine and generator' : 'generator, machine and steadiness'
  const held = `The checks of ${what} hold${unread === 0 ? '' : `, but ${unread} of ${checks.length} could not be measured`}`
  return [`${held}; it is one run, so repeat it before believing a difference of a few per cent.`]
}

/** Without the marks that make words of it bold in a report. */
function unmarked(sentence: string): string {
  return sentence.replaceAll('**', '')
}

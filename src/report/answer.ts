import type { RunRecord } from '../core/record.js'
import { formatDuration, formatNumber } from '../core/units.js'
import { largest } from '../stats/quantiles.js'
import { doubtSentence } from './doubts.js'
import { drillSentence } from './drill-words.js'
import { capital, count, list, ms } from './quantities.js'
import { isReshard, reshardSentences } from './reshard-words.js'
import { answerOf } from './sentences.js'
import { loadWords, stackWords } from './stack-words.js'
import { plain } from './table.js'

/** The answer of a run in three sentences: its doubt first, then what a drill or migration showed, then the rest. */
export function answer(record: RunRecord): string {
  // What a migration has to say of its end says more.
  const status = isReshard(record) && record.reshard.outcome === record.status ? null : statusSentence(record)
  const doubt = status ?? doubtSentence(record)
  const told = record.trial === undefined ? replicationSentence(record) : []
  return answerOf([
    doubt === null ? [] : [doubt],
    actSentences(record),
    [figures(record), ...told],
    [verdictSentence(record)],
  ])
}

/** What a drill or a migration showed; nothing for other runs. */
function actSentences(record: RunRecord): string[] {
  if (record.trial !== undefined) return [drillSentence(record.trial, record.writes)]
  return isReshard(record) ? reshardSentences(record) : []
}

/** Lag and losses of a run on a stack with standbys, in one sentence; nothing for others. */
function replicationSentence({ replication, writes, reads }: RunRecord): string[] {
  const lags = (replication?.standbys ?? []).flatMap(({ heartbeat_ms: { p99 } }) => p99 ?? [])
  const lag = largest(lags)
  const parts = [
    ...(lag === null ? [] : [`no standby was more than ${ms(lag)} behind in 99 % of the readings`]),
    ...(writes === undefined || writes.lost === null || writes.acknowledged === 0
      ? []
      : [`${formatNumber(writes.lost.length)} of ${count(writes.acknowledged, 'acknowledged write')} lost`]),
    ...(reads === undefined || reads.checked === 0
      ? []
      : [`${formatNumber(reads.stale)} of ${count(reads.checked, 'checked read')} stale`]),
  ]
  return parts.length === 0 ? [] : [`${capital(parts.join('; '))}.`]
}

/** What cut the run short; null for one that ran its time. */
export function statusSentence(record: RunRecord): string | null {
  const { status, load } = record
  if (status === 'interrupted') {
    const planned = load.stages.reduce((sum, stage) => sum + stage.duration_ms, 0)
    const of = planned > load.measured_ms ? ` of ${formatDuration(planned)}` : ''
    const doubt = doubtSentence(record)
    return `**Interrupted** after ${formatDuration(load.measured_ms)}${of} of counted time: the figures stand for that part only${doubt === null ? '.' : `, and are in doubt (see Validity).`}`
  }
  if (status === 'failed') {
    const cause = record.events.findLast((event) => event.level === 'error')?.text
    return `**The run failed**${cause === undefined ? '' : `: ${plain(cause)}`}.`
  }
  return null
}

function figures(record: RunRecord): string {
  const { load, latency } = record
  const subject = capital(stackWords(record))
  if (load.ledger.due === 0) return `${subject} got no request in the counted part.`
  const faults = faultWords(load.ledger)
  const rate = `${formatNumber(load.achieved_rps)} requests/s`
  const answered =
    faults.length === 0
      ? `${rate} without an error (${loadWords(record)})`
      : `${rate} (${formatNumber(load.goodput_rps)} ok/s; ${list(faults)} of ${count(load.ledger.due, 'request')}; ${loadWords(record)})`
  const times =
    latency.response_ms.p50 === null
      ? 'nothing was answered well, so there is no latency'
      : `response time p50 ${ms(latency.response_ms.p50)}, p99 ${ms(latency.response_ms.p99)}`
  return `${subject} answered ${answered}; ${times}.`
}

/** What became of the requests that were not answered well: "3 HTTP errors", "9 lost". */
function faultWords({ http_error, lost, unfinished }: RunRecord['load']['ledger']): string[] {
  return [
    ...(http_error > 0 ? [count(http_error, 'HTTP error')] : []),
    ...(lost > 0 ? [`${formatNumber(lost)} lost`] : []),
    ...(unfinished > 0 ? [`${formatNumber(unfinished)} unfinished`] : []),
  ]
}

/** How the expectations came out, in one sentence. */
export function verdictSentence(record: RunRecord): string {
  const { verdicts } = record
  if (verdicts.length === 0) return 'No expectation was stated.'
  const named = (result: string): string[] =>
    verdicts.filter((verdict) => verdict.result === result).map((verdict) => `"${plain(verdict.claim)}"`)
  const [passed, failed, unknown] = [named('pass'), named('fail'), named('unknown')]
  if (passed.length === verdicts.length) {
    return verdicts.length === 1 ? 'The expectation holds.' : `All ${verdicts.length} expectations hold.`
  }
  const parts = [
    ...(passed.length > 0
      ? [`${passed.length} of ${verdicts.length} expectations ${passed.length === 1 ? 'holds' : 'hold'}`]
      : []),
    ...(failed.length > 0 ? [`missed: ${list(failed)}`] : []),
    ...(unknown.length > 0 ? [`cannot tell: ${list(unknown)}`] : []),
  ]
  return `${capital(parts.join('; '))}.`
}

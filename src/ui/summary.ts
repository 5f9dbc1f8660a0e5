import { errorWords, lossWords } from '../core/error-answers.js'
import type { Percentiles, RunRecord } from '../core/record.js'
import { remedyFor } from '../core/remedies.js'
import type { ReplicationRecord } from '../core/replication.js'
import type { ShardingRecord } from '../core/sharding.js'
import { formatNumber, formatRatio, formatShare } from '../core/units.js'
import { bearing } from '../core/validity.js'
import { bytes } from './figures.js'
import { paint, type Span } from './style.js'
import { renderTable, right, type TableColumn, type TextOptions } from './table.js'
import { failures } from './validity.js'
import { renderVerdicts } from './verdicts.js'
import { oneLine, wrap } from './width.js'

/** What a run found, for the terminal: in plain words, then its figures. The full story is in its report. */
export function renderSummary(record: RunRecord, lead: string, options: TextOptions): string {
  const verdicts = renderVerdicts(record.verdicts, options)
  const doubts = failures(bearing(record), options, (row) => remedyFor(row, record))
  return [
    heading(record, options),
    renderLead(lead, options),
    rates(record, options),
    ...errors(record, options),
    latency(record, options),
    ...(record.instances.length > 0 ? [instances(record, options)] : []),
    ...(record.replication === undefined ? [] : [replication(record.replication, options)]),
    ...(record.sharding === undefined ? [] : [sharding(record.sharding, options)]),
    ...ledger(record, options),
    ...(verdicts === '' ? [] : [verdicts]),
    ...(doubts.length === 0 ? [] : [doubts.join('\n')]),
  ].join('\n\n')
}

/** What opens a result: one paragraph in plain words. */
export function renderLead(lead: string, { width }: Pick<TextOptions, 'width'>): string {
  return wrap(oneLine(lead), width).join('\n')
}

/** What was measured where; the rest is told in words below. */
function heading({ scenario, engine, target }: RunRecord, { width, colour }: TextOptions): string {
  const where = [scenario, ...(engine === null ? [] : [`on ${engine}`]), `at ${target}`].join(' ')
  return wrap(oneLine(where), width)
    .map((line) => paint(line, 'strong', colour))
    .join('\n')
}

function rates({ load }: RunRecord, options: TextOptions): string {
  const { ledger } = load
  const columns = ['offered/s', 'achieved/s', 'good/s', 'due', 'ok', 'errors', 'lost', 'unfinished']
  const rate = (value: number | null): string => (value === null ? '-' : formatNumber(Math.round(value)))
  const wrong = (value: number): Span => [formatNumber(value), value > 0 ? 'bad' : 'plain']
  return renderTable(
    columns.map((title): TableColumn => ({ title, align: 'right' })),
    [
      [
        rate(load.offered_rps),
        [rate(load.achieved_rps), 'strong'],
        rate(load.goodput_rps),
        formatNumber(ledger.due),
        formatNumber(ledger.ok),
        wrong(ledger.http_error),
        wrong(ledger.lost),
        wrong(ledger.unfinished),
      ],
    ],
    options,
  )
}

/** What errors said, and why requests were lost. */
function errors({ load }: RunRecord, { width, colour }: TextOptions): string[] {
  const lost = lossWords(load)
  const lines = [...(load.errors ?? []).map(errorWords), ...(lost === null ? [] : [lost])]
  if (lines.length === 0) return []
  return [lines.flatMap((line) => wrap(oneLine(line), width).map((text) => paint(text, 'bad', colour))).join('\n')]
}

function latency({ latency, load }: RunRecord, options: TextOptions): string {
  const row = (name: string, { p50, p90, p95, p99, p99_9, max }: Percentiles): string[] => [
    name,
    ...[p50, p90, p95, p99, p99_9, max].map(figure),
  ]
  return renderTable(
    ['latency in ms', ...['p50', 'p90', 'p95', 'p99', 'p99.9', 'max'].map(right)],
    [
      row('response (since due)', latency.response_ms),
      ...(load.mode === 'open' ? [row('service (since sent)', latency.service_ms)] : []),
      ...(latency.error_response_ms.count > 0 ? [row('errors (since due)', latency.error_response_ms)] : []),
    ],
    options,
  )
}

function instances({ instances: all }: RunRecord, options: TextOptions): string {
  return renderTable(
    ['instance', ...['requests', 'share', 'expected', 'rate/s', 'p50 ms', 'p99 ms', 'errors'].map(right)],
    all.map(({ id, requests, share, weight, rps, p50_ms, p99_ms, errors }) => [
      id,
      formatNumber(requests),
      formatShare(share),
      formatShare(weight / all.reduce((sum, instance) => sum + instance.weight, 0)),
      formatNumber(Math.round(rps)),
      figure(p50_ms),
      figure(p99_ms),
      [formatNumber(errors), errors > 0 ? 'bad' : 'plain'],
    ]),
    options,
  )
}

function replication({ standbys }: ReplicationRecord, options: TextOptions): string {
  return renderTable(
    ['standby', 'replication', ...['lag ms p50', 'p99', 'max', 'replay p99', 'behind'].map(right)],
    standbys.map(({ id, state, sync_state, heartbeat_ms, replay_lag_ms, replay_bytes }) => [
      id,
      state === 'streaming' ? `${state}, ${sync_state}` : [state, 'bad'],
      figure(heartbeat_ms.p50),
      figure(heartbeat_ms.p99),
      figure(heartbeat_ms.max),
      replay_lag_ms.p99 === null && replay_lag_ms.idle > 0 ? 'idle' : figure(replay_lag_ms.p99),
      replay_bytes.max === null ? '-' : bytes(replay_bytes.max),
    ]),
    options,
  )
}

/** Keys and requests per shard, and how unevenly they fall. */
function sharding({ scheme, map_version, shards, gathered, ...audit }: ShardingRecord, options: TextOptions): string {
  const table = renderTable(
    ['shard', ...['keys', 'slots', 'size', 'requests', 'share', 'rate/s', 'p50 ms', 'p99 ms'].map(right)],
    shards.map((shard) => [
      shard.id,
      shard.keys === null ? '-' : formatNumber(shard.keys),
      formatNumber(shard.slots),
      shard.bytes === null ? '-' : bytes(shard.bytes),
      formatNumber(shard.requests),
      formatShare(shard.share),
      formatNumber(Math.round(shard.rps)),
      figure(shard.p50_ms),
      figure(shard.p99_ms),
    ]),
    options,
  )
  const { misplaced, misslotted, duplicated } = audit
  const astray =
    misplaced === null || misslotted === null || duplicated === null ? null : misplaced + misslotted + duplicated
  const skew = unevenness(shards)
  const text = [
    `scheme ${scheme}, map version ${map_version}`,
    ...(skew === null ? [] : [`the hottest shard answers ${formatRatio(skew)} the mean`]),
    ...(gathered === 0 ? [] : [`${formatNumber(gathered)} answers gathered from several shards`]),
    astray === null
      ? 'rows not counted'
      : astray === 0
        ? 'every row where it belongs'
        : `${formatNumber(astray)} rows ASTRAY`,
  ].join('; ')
  const tone = astray !== null && astray > 0 ? 'bad' : 'dim'
  return [table, ...wrap(text, options.width).map((line) => paint(line, tone, options.colour))].join('\n')
}

/** Answers of the hottest shard over those of the mean one; null where there were none. */
function unevenness(shards: ShardingRecord['shards']): number | null {
  const answers = shards.filter(({ slots }) => slots > 0).map(({ requests }) => requests)
  const all = answers.reduce((sum, requests) => sum + requests, 0)
  return all === 0 ? null : (Math.max(...answers) * answers.length) / all
}

/** What became of writes, and what reads missed, in a line each. */
function ledger({ writes, reads }: RunRecord, { width, colour }: TextOptions): string[] {
  const lines: Span[] = []
  if (writes !== undefined) {
    const { acknowledged, refused, unknown, lost, recovered, duplicated } = writes
    const found =
      lost === null || recovered === null || duplicated === null
        ? 'not held against the database'
        : `${formatNumber(lost.length)} lost, ${formatNumber(recovered)} recovered, ${formatNumber(duplicated.length)} duplicated`
    const text = `writes: ${formatNumber(acknowledged)} acknowledged, ${formatNumber(refused)} refused, ${formatNumber(unknown)} unknown; ${found}`
    lines.push([text, (lost?.length ?? 0) + (duplicated?.length ?? 0) > 0 ? 'bad' : 'plain'])
  }
  if (reads !== undefined && reads.checked > 0) {
    const { checked, stale, backwards, age_ms } = reads
    const age = stale === 0 ? '' : ` (${figure(age_ms.p50)} ms old in the middle, ${figure(age_ms.max)} ms at most)`
    lines.push([
      `reads: ${formatNumber(stale)} of ${formatNumber(checked)} missed the client's own write${age}, ${formatNumber(backwards)} went back in time`,
    ])
  }
  if (lines.length === 0) return []
  return [
    lines.flatMap(([text, tone]) => wrap(text, width).map((line) => paint(line, tone ?? 'plain', colour))).join('\n'),
  ]
}

function figure(value: number | null): string {
  return value === null ? '-' : formatNumber(value)
}

import type { RunRecord } from '../../core/record.js'
import { actionsOf } from '../../core/record-actions.js'
import { detectorOf } from '../../core/record-parameters.js'
import { formatDuration, formatNumber } from '../../core/units.js'
import { formatValue } from '../../core/value.js'
import { repeatCommand } from '../command.js'
import { count, list } from '../quantities.js'
import { isReshard, moveWords } from '../reshard-words.js'
import { plain } from '../table.js'

/** How it was measured, and the command that measures it again. */
export function methodSection(record: RunRecord): string {
  const { load } = record
  const points = [
    loadPoint(record),
    ...mixPoint(record),
    `**Counted** were the requests due in ${formatDuration(load.measured_ms)}${load.warmup_ms > 0 ? `, after a warm-up of ${formatDuration(load.warmup_ms)} (${count(load.warmup_requests, 'request')}, not counted)` : ', without a warm-up'}.`,
    load.mode === 'open'
      ? '**Response time** runs from the moment a request was due to its last byte, waiting for a free connection included; **service time** from the moment it was really sent. Where they part, the client saw the first.'
      : '**Response time** runs from the moment a request was sent to its last byte. A closed loop sends only when it was answered, so it is also the service time, and slow answers hold further requests back.',
    `**Work per request:** ${plain(record.work)}.`,
    `**Generator:** ${count(load.generators, 'process', 'processes')} over ${count(load.connections, 'connection')}, seed ${record.seed}; a request without an answer for ${formatDuration(load.timeout_ms)} is lost${load.clients > 0 ? `; ${count(load.clients, 'simulated client address', 'simulated client addresses')} in \`X-Forwarded-For\`` : ''}.`,
    ...timelinePoint(record),
    ...drillPoint(record),
    ...reshardPoint(record),
    `**Target:** ${plain(record.target)}, ${record.engine === null ? 'already running' : `on the ${record.engine} engine`}${record.nodes.length === 0 ? '' : ` (${record.nodes.map((node) => `${node.id}: ${plain(node.program)}`).join('; ')})`}.`,
    ...(record.up_ms === undefined
      ? []
      : [`**Start:** the stack took ${formatDuration(record.up_ms)} until it was serving.`]),
  ]
  return [
    '## How it was measured',
    points.map((point) => `- ${point}`).join('\n'),
    'To repeat it:',
    ['```sh', repeatCommand(record), '```'].join('\n'),
  ].join('\n\n')
}

/** Of which requests the load was mixed; nothing where it was one request again and again. */
export function mixPoint({ load: { workload } }: { load: Pick<RunRecord['load'], 'workload'> }): string[] {
  if (workload === undefined) return []
  const weights = workload.mix.reduce((sum, { weight }) => sum + weight, 0)
  const kinds = workload.mix.map(({ kind, weight }) => `${formatValue(weight / weights, 'share')} ${plain(kind)}`)
  const { distribution, count: keys, products, exponent } = workload.keys
  const drawn = distribution === 'zipf' ? `by Zipf's law with exponent ${formatNumber(exponent)}` : 'each as often'
  return [
    `**Mix:** ${list(kinds)}, of ${products === undefined ? count(keys, 'user and product', 'users and as many products') : `${count(keys, 'user')} and ${count(products, 'product')}`} ${drawn}; reads asked for consistency \`${plain(workload.consistency)}\`. The ids of writes begin with \`${plain(workload.run)}\`.`,
  ]
}

function reshardPoint(record: RunRecord): string[] {
  if (!isReshard(record)) return []
  const { max_rows_per_second, batch_rows, chunk_rows } = record.reshard.options
  return [
    `**Migration:** ${moveWords(record.reshard)} under this load, in batches of at most about ${count(batch_rows, 'row')} and 512 slots, copied ${formatNumber(chunk_rows)} at a time${max_rows_per_second === null ? '' : `, at most ${formatNumber(max_rows_per_second)} rows/s`}.`,
  ]
}

function drillPoint(record: RunRecord): string[] {
  if (record.trial === undefined) return []
  const { node, fault } = record.trial
  return [`**Drill:** ${fault} ${plain(node)} under this load. ${detectionWords(record)}`]
}

/** How failures were detected, as far as the record says. */
export function detectionWords(record: RunRecord): string {
  const detector = detectorOf(record)
  const probes =
    detector === null
      ? ''
      : `, otherwise by ${count(detector.misses, 'probe')} in a row, one every ${formatDuration(detector.interval_ms)}, without an answer`
  return `A failure is detected by its closed socket at once${probes}.`
}

function timelinePoint(record: RunRecord): string[] {
  const asked = actionsOf(record).filter(({ by }) => by !== 'end')
  if (asked.length === 0) return []
  const each = asked.map(
    ({ action, asked_ms }) => `${plain(action)} after ${formatDuration(asked_ms - record.load.warmup_ms)}`,
  )
  return [`**Actions, as asked for:** ${each.join(', ')} of the counted part.`]
}

/** What was sent, and when. */
export function loadPoint({ load, trial, reshard }: RunRecord): string {
  if (load.mode === 'closed') {
    return `**Closed loop** over ${count(load.connections, 'connection')}: each sends its next request as soon as the last was answered. This measures capacity.`
  }
  const stages = load.stages.map(
    (stage) =>
      // A drill or a migration ends its load itself.
      `${formatNumber(stage.rps)} requests/s ${trial === undefined && reshard === undefined ? `for ${formatDuration(stage.duration_ms)}` : `for as long as the ${trial === undefined ? 'migration' : 'drill'} takes`}`,
  )
  const arrival = load.arrival === 'poisson' ? 'at random moments (Poisson)' : 'at equal distances (uniform)'
  return `**Open loop:** requests are due ${arrival} whatever the answers do: ${stages.join(', then ')}.`
}

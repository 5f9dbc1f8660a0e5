import { rolesOf } from '../../core/drill-lead.js'
import type { Trial } from '../../core/trial.js'
import { formatNumber } from '../../core/units.js'
import { type DrillRecord, faultMoment } from '../drill-words.js'
import { idList } from '../ids.js'
import { ms } from '../quantities.js'
import { table } from '../table.js'
import { loadTable } from './load-phases.js'

/** A drill: who was what before and after it, its figures, and when everything happened. */
export function drillSection(record: DrillRecord): string[] {
  const { trial } = record
  return ['## The drill', ...roles(trial), figureTable(record), RETRIES, ...ids(trial), ...moments(trial)]
}

/** Nodes keep the names they were born with; roles change hands. */
function roles(trial: Trial): string[] {
  const rows = rolesOf(trial)
  if (rows.length === 0) return []
  return [
    'Nodes keep the names that they came up with; who is the primary changes with every failover:',
    table([{ title: 'Node' }, { title: 'Before the fault' }, { title: 'After the drill' }], rows),
  ]
}

/** Why an outage can show in no count of failed requests. */
export const RETRIES =
  'The API itself tries a write that carries an idempotency key again for up to 2 s, so an outage shorter than that shows as latency and not as failed requests.'

/** When everything happened, counted from the fault. */
export function moments(trial: Trial): string[] {
  return ['Timeline, counted from the fault:', timelineTable(trial)]
}

function figureTable({ trial, writes }: DrillRecord): string {
  const primary = trial.role === 'primary'
  const unread = writes !== undefined && writes.lost === null
  const rows: [string, string, string][] = [
    [
      'RTO',
      trial.rto_ms === null ? 'not recovered' : ms(trial.rto_ms),
      primary
        ? 'from the fault until the new primary acknowledged its first write'
        : 'from the fault to the end of the last request that failed because of it',
    ],
    ...outageRow(trial),
    ['RPO', unread ? 'not read' : formatNumber(trial.lost.length), 'acknowledged writes that are not there afterwards'],
    ['detected', ms(trial.detected_ms), 'from the fault until it was noticed'],
    ...(primary
      ? ([['promoted', ms(trial.promoted_ms), 'from the fault until the standby took writes']] satisfies [
          string,
          string,
          string,
        ][])
      : []),
    [
      'old node back',
      ms(trial.back_ms),
      primary ? 'from the fault until it streamed again, as a standby' : 'from the fault until it did its work again',
    ],
    ...(trial.back_after_failover_ms === null
      ? []
      : ([
          [
            'after the failover',
            ms(trial.back_after_failover_ms),
            "the same from the new primary's first acknowledged write",
          ],
        ] satisfies [string, string, string][])),
    ['acknowledged', formatNumber(trial.acknowledged), 'writes of the whole run that clients were told are done'],
    ['refused', formatNumber(trial.refused), 'writes that surely did not happen, and clients were told so'],
    ['unknown', formatNumber(trial.unknown), 'writes whose outcome no client could know'],
    ['recovered', unread ? 'not read' : formatNumber(trial.recovered), 'unknown writes that are there after all'],
    ['duplicated', unread ? 'not read' : formatNumber(trial.duplicated.length), 'writes that are there more than once'],
    ...(trial.diverged === null
      ? []
      : ([
          [
            'diverged',
            formatNumber(trial.diverged),
            'rows that only the old primary had, kept in a file beside the record',
          ],
        ] satisfies [string, string, string][])),
    ['stale reads', formatNumber(trial.stale_reads), "reads that missed the client's own acknowledged write"],
    ['backwards reads', formatNumber(trial.backwards_reads), 'reads older than an earlier one'],
    ['failed requests', formatNumber(trial.failed_requests), 'not answered well, from the fault on'],
  ]
  return table([{ title: 'Figure' }, { title: 'Value', align: 'right' }, { title: 'What it is' }], rows)
}

function outageRow({ outage }: Trial): [string, string, string][] {
  if (outage === null || outage === undefined) return []
  const value = outage.ended ? ms(outage.ms) : `${ms(outage.ms)}, and not over`
  return [['outage', value, 'longest time without an acknowledged write that ended after the fault, as clients saw it']]
}

function ids({ lost, duplicated }: Trial): string[] {
  return [
    ...(lost.length === 0 ? [] : [`**Lost**: ${idList(lost)}.`]),
    ...(duplicated.length === 0 ? [] : [`**There more than once**: ${idList(duplicated)}.`]),
  ]
}

function timelineTable(trial: Trial): string {
  const fault = faultMoment(trial)
  return table(
    [
      { title: 'Since the fault', align: 'right' },
      { title: 'Second of the run', align: 'right' },
      { title: 'Event' },
      { title: 'Node' },
      { title: 'How' },
    ],
    trial.timeline.map(({ t_ms, event, node, detail }) => [
      fault === null ? '-' : ms(t_ms - fault),
      (t_ms / 1_000).toFixed(2),
      event,
      node ?? '-',
      detail ?? '',
    ]),
  )
}

/** Rate and latency before the fault, until service was back, and from then on; nothing where the fault never struck. */
export function drillLoad(record: DrillRecord): string[] {
  const fault = faultMoment(record.trial)
  if (fault === null) return []
  const back = record.trial.rto_ms === null ? Number.POSITIVE_INFINITY : fault + record.trial.rto_ms
  const names = { before: 'before the fault', during: 'during', after: 'after' }
  return [
    'The load before the fault, while service was away, and from then on, in whole ticks of the record (p50 and p99 are medians over ticks, max is the longest of all):',
    loadTable(record, { from: fault, to: Math.max(back, fault + 1) }, names),
  ]
}

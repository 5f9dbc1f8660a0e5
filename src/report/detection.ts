import type { DetectionRow, GuardReport } from '../core/detection.js'
import { dayAndTime, formatDuration, formatNumber } from '../core/units.js'
import { largest, median, nearestRank } from '../stats/quantiles.js'
import { guardCommand } from './command.js'
import type { Lead } from './lead.js'
import { count, ms } from './quantities.js'
import { type Report, reportOf } from './report-of.js'
import { type Column, plain, table } from './table.js'

/** The report of a guard: what it did, and how soon and how wrong each setting would have been. */
export function renderGuard(report: GuardReport): Report {
  const { stack, failovers, settings, host } = report
  const busy = host.cpu_share === null ? '' : `, ${Math.round(host.cpu_share * 100)} % busy on average`
  const parts = [
    ...(failovers.length === 0 ? [] : [failoverTable(failovers)]),
    '## Detection time against false alarms',
    renderDetection(settings),
    `${host.cores} cores (${plain(host.cpu)})${busy}.`,
    '## To repeat it',
    ['```sh', guardCommand(report), '```'].join('\n'),
  ]
  return reportOf({
    title: `Guard of ${plain(stack)}`,
    lead: guardLead(report),
    authors: [report.author],
    parts,
    charts: {},
  })
}

/** What a guard saw and did, in plain words. */
export function guardLead({
  stack,
  started_at,
  acts,
  watched_ms,
  false_alarms,
  failovers,
}: Omit<GuardReport, 'schema' | 'host' | 'settings'>): Lead {
  return {
    asked: [
      `A guard watched the databases of ${stack} for ${formatDuration(Math.round(watched_ms / 1_000) * 1_000)}, from ${dayAndTime(started_at)} on${acts ? ', to put another server in the place of a primary that fails' : ', and only counted what it would have done'}.`,
    ],
    found: [`It saw ${count(failovers.length, 'failover')} and ${count(false_alarms, 'false alarm')}.`],
    means:
      false_alarms === 0
        ? ['No server that ran was taken for one that had failed.']
        : ['It took servers that ran for failed ones: give it longer intervals or more misses.'],
    sure: ['It holds for this machine as busy as it was.'],
  }
}

const READING =
  'A server that dies is known at once by its closed connection, whatever the interval. One that freezes closes nothing: it is known when so many probes in a row stayed unanswered, so detection takes between (misses) and (misses + 1) intervals, and the shorter the interval, the sooner a server that is only slow is taken for one that failed. Alarms about a server that the engine said was running are false.'

const HELD_UP =
  '**Held up** are probes whose time was up while the watching process itself had not been running, as happens on a busy machine: whether the server would have answered in time is not known, so they count neither as answered nor as unanswered.'

/** Settings of a detector side by side: how often each was wrong while it watched and, if measured, how soon it noticed. */
export function renderDetection(rows: readonly DetectionRow[]): string {
  const frozen = rows.some(({ detection_ms }) => detection_ms.length > 0)
  const measured = frozen
    ? 'Detection was measured by freezing the primary.'
    : 'How soon each setting notices was not measured: `--freezes <n>` freezes the primary for that.'
  return [detectionTable(rows, frozen), `${READING} ${measured}`, HELD_UP].join('\n\n')
}

type Cell = [title: string, read: (row: DetectionRow) => string]

const DETECTION: readonly Cell[] = [
  ['freezes', ({ detection_ms }) => formatNumber(detection_ms.length)],
  ['detection median', ({ detection_ms }) => ms(median(detection_ms))],
  ['p95', ({ detection_ms }) => ms(nearestRank(detection_ms, 0.95))],
  ['max', ({ detection_ms }) => ms(largest(detection_ms))],
]

function detectionTable(rows: readonly DetectionRow[], frozen: boolean): string {
  const cells: readonly Cell[] = [
    ['probe interval', ({ interval_ms }) => ms(interval_ms)],
    ['misses', ({ misses }) => formatNumber(misses)],
    ...(frozen ? DETECTION : []),
    ['watched', ({ watched_ms }) => formatDuration(Math.round(watched_ms / 1_000) * 1_000)],
    ['probes', ({ probes }) => formatNumber(probes)],
    ['unanswered', ({ missed }) => formatNumber(missed)],
    ['held up', ({ late }) => formatNumber(late)],
    ['false alarms', ({ false_alarms }) => formatNumber(false_alarms)],
  ]
  return table(
    cells.map(([title]): Column => ({ title, align: 'right' })),
    [...rows].sort((a, b) => a.interval_ms - b.interval_ms).map((row) => cells.map(([, read]) => read(row))),
  )
}

function failoverTable(failovers: GuardReport['failovers']): string {
  return table(
    [
      { title: 'failed' },
      { title: 'new primary' },
      { title: 'known by' },
      { title: 'from alarm to new primary', align: 'right' },
      { title: 'from alarm to old one back', align: 'right' },
      { title: 'alarm' },
    ],
    failovers.map(({ old, promoted, detected, promoted_ms, took_ms, false_alarm }) => [
      old,
      promoted,
      detected,
      ms(promoted_ms),
      ms(took_ms),
      false_alarm ? 'false' : 'true',
    ]),
  )
}

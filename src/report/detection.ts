import type { DetectionRow } from '../core/detection.js'
import { formatDuration, formatNumber } from '../core/units.js'
import { largest, median, nearestRank } from '../stats/quantiles.js'
import { count, ms } from './quantities.js'
import { plain, table } from './table.js'

/** What a guard did, as its report tells it. */
export interface GuardReport {
  stack: string
  watched_ms: number
  false_alarms: number
  failovers: readonly { old: string; promoted: string; detected: string; took_ms: number; false_alarm: boolean }[]
  /** The deciding setting first. */
  settings: readonly DetectionRow[]
  host: { cores: number; cpu: string; cpu_share: number | null }
}

/** The report of a guard: what it did, and how soon and how wrong each setting would have been. */
export function renderGuard(report: GuardReport): string {
  const { stack, watched_ms, false_alarms, failovers, settings, host } = report
  const busy = host.cpu_share === null ? '' : `, ${Math.round(host.cpu_share * 100)} % busy on average`
  return `${[
    `# Guard of ${plain(stack)}`,
    `In ${formatDuration(Math.round(watched_ms / 1_000) * 1_000)}: ${count(failovers.length, 'failover')}, ${count(false_alarms, 'false alarm')}.`,
    ...(failovers.length === 0 ? [] : [failoverTable(failovers)]),
    '## Detection time against false alarms',
    renderDetection(settings),
    `${host.cores} cores (${plain(host.cpu)})${busy}.`,
  ].join('\n\n')}\n`
}

const READING =
  'A server that dies is known at once by its closed connection, whatever the interval. One that freezes closes nothing: it is known when so many probes in a row stayed unanswered, so detection takes between (misses) and (misses + 1) intervals, and the shorter the interval, the sooner a server that is only slow is taken for one that failed. Detection was measured by freezing the primary; alarms about a server that the engine said was running are false. Held-up probes are those whose time was up because the watching process itself had not been running: they count as nothing.'

/** Settings of a detector side by side: how soon each noticed a freeze, and how often it was wrong while it watched. */
export function renderDetection(rows: readonly DetectionRow[]): string {
  return [detectionTable(rows), READING].join('\n\n')
}

function detectionTable(rows: readonly DetectionRow[]): string {
  return table(
    [
      { title: 'probe interval', align: 'right' },
      { title: 'misses', align: 'right' },
      { title: 'freezes', align: 'right' },
      { title: 'detection median', align: 'right' },
      { title: 'p95', align: 'right' },
      { title: 'max', align: 'right' },
      { title: 'watched', align: 'right' },
      { title: 'probes', align: 'right' },
      { title: 'unanswered', align: 'right' },
      { title: 'held up', align: 'right' },
      { title: 'false alarms', align: 'right' },
    ],
    [...rows]
      .sort((a, b) => a.interval_ms - b.interval_ms)
      .map((row) => [
        ms(row.interval_ms),
        formatNumber(row.misses),
        formatNumber(row.detection_ms.length),
        ms(median(row.detection_ms)),
        ms(nearestRank(row.detection_ms, 0.95)),
        ms(largest(row.detection_ms)),
        formatDuration(Math.round(row.watched_ms / 1_000) * 1_000),
        formatNumber(row.probes),
        formatNumber(row.missed),
        formatNumber(row.late),
        formatNumber(row.false_alarms),
      ]),
  )
}

function failoverTable(failovers: GuardReport['failovers']): string {
  return table(
    [
      { title: 'failed' },
      { title: 'new primary' },
      { title: 'known by' },
      { title: 'from alarm to old one back', align: 'right' },
      { title: 'alarm' },
    ],
    failovers.map(({ old, promoted, detected, took_ms, false_alarm }) => [
      old,
      promoted,
      detected,
      ms(took_ms),
      false_alarm ? 'false' : 'true',
    ]),
  )
}

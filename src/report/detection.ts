import type { DetectionRow } from '../core/detection.js'
import { formatDuration } from '../core/units.js'
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
    `In ${formatDuration(Math.round(watched_ms / 1_000) * 1_000)} ${counted(failovers.length, 'failover')}, ${counted(false_alarms, 'false alarm')}.`,
    ...(failovers.length === 0 ? [] : [failoverTable(failovers)]),
    '## Detection time against false alarms',
    detectionTable(settings),
    `A server that dies is known at once by its closed connection, whatever the interval. One that freezes closes nothing: it is known when so many probes in a row stayed unanswered, so detection takes between (misses) and (misses + 1) intervals, and the shorter the interval, the sooner a server that is only slow is taken for one that failed. Detection was measured by freezing the primary; alarms about a server that the engine said was running are false. Held-up probes are those whose time was up because the watching process itself had not been running: they count as nothing.`,
    `${host.cores} cores (${plain(host.cpu)})${busy}.`,
  ].join('\n\n')}\n`
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
      .map((row) => {
        const sorted = [...row.detection_ms].sort((a, b) => a - b)
        const at = (share: number): string =>
          sorted.length === 0 ? '-' : `${sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]} ms`
        return [
          `${row.interval_ms} ms`,
          String(row.misses),
          String(sorted.length),
          at(0.5),
          at(0.95),
          at(1),
          formatDuration(Math.round(row.watched_ms / 1_000) * 1_000),
          String(row.probes),
          String(row.missed),
          String(row.late),
          String(row.false_alarms),
        ]
      }),
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
      `${took_ms} ms`,
      false_alarm ? 'false' : 'true',
    ]),
  )
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

import type { RunRecord } from '../../core/record.js'
import { formatNumber } from '../../core/units.js'
import { largest, median, nearestRank, smallest } from '../../stats/quantiles.js'
import type { TrialTimes } from '../charts/drill.js'
import type { DrillRecord } from '../drill-words.js'
import { numberOr } from '../quantities.js'
import { table } from '../table.js'

type Trial = DrillRecord['trial']

/** The times of all trials by kind, in milliseconds since the fault; kinds that no trial has are left out. */
export function timesOf(drills: readonly DrillRecord[]): TrialTimes[] {
  const primary = drills.some(({ trial }) => trial.role === 'primary')
  const kinds: [string, (trial: Trial) => number | null][] = [
    ['detected', ({ detected_ms }) => detected_ms],
    ...(primary
      ? ([['promoted', ({ promoted_ms }) => promoted_ms]] satisfies [string, (trial: Trial) => number | null][])
      : []),
    [primary ? 'first write (RTO)' : 'last failure (RTO)', ({ rto_ms }) => rto_ms],
    ['old node back', ({ back_ms }) => back_ms],
  ]
  return kinds
    .map(([name, read]) => {
      const all = drills.map(({ trial }) => read(trial))
      const values = all.filter((value) => value !== null)
      return { name, values, never: all.length - values.length }
    })
    .filter(({ values }) => values.length > 0)
}

/** Median, p95 and longest of each kind of time. */
export function timeTable(times: readonly TrialTimes[]): string {
  const columns = ['Trials', 'min', 'median', 'p95', 'max', 'Never']
  return table(
    [{ title: 'ms since the fault' }, ...columns.map((title) => ({ title, align: 'right' as const }))],
    times.map(({ name, values, never }) => [
      name,
      formatNumber(values.length),
      ...[smallest(values), median(values), nearestRank(values, 0.95), largest(values)].map(numberOr),
      formatNumber(never),
    ]),
  )
}

/** One row per trial. */
export function trialTable(
  drills: readonly DrillRecord[],
  records: readonly RunRecord[],
  sources: readonly string[],
): string {
  const primary = drills.some(({ trial }) => trial.role === 'primary')
  const columns = [
    ...['Detected', ...(primary ? ['Promoted'] : []), 'RTO', 'Back'].map((title) => `${title} ms`),
    ...['Acknowledged', 'Lost', 'Refused', 'Unknown', 'Recovered', 'Stale reads', 'Failed requests'],
  ]
  return table(
    [
      { title: 'Trial', align: 'right' },
      { title: primary ? 'Struck, the primary then' : 'Struck' },
      ...(primary ? [{ title: 'New primary' }] : []),
      ...columns.map((title) => ({ title, align: 'right' as const })),
    ],
    drills.map((record, i) => {
      const { trial, writes } = record
      const source = sources[records.indexOf(record)]
      const unread = writes?.lost === null
      return [
        source === undefined ? String(i + 1) : `[${i + 1}](${encodeURI(source)})`,
        trial.node,
        ...(primary ? [trial.promoted ?? 'none'] : []),
        numberOr(trial.detected_ms),
        ...(primary ? [numberOr(trial.promoted_ms)] : []),
        trial.rto_ms === null ? 'never' : formatNumber(trial.rto_ms),
        numberOr(trial.back_ms),
        formatNumber(trial.acknowledged),
        unread ? 'not read' : formatNumber(trial.lost.length),
        formatNumber(trial.refused),
        formatNumber(trial.unknown),
        unread ? 'not read' : formatNumber(trial.recovered),
        formatNumber(trial.stale_reads),
        formatNumber(trial.failed_requests),
      ]
    }),
  )
}

import type { RunRecord, TickRow } from '../../core/record.js'
import type { ReplicationRecord } from '../../core/replication.js'
import { formatNumber } from '../../core/units.js'
import { median } from '../../stats/quantiles.js'
import { fromZero, lagAxis, latencyAxis } from './axes.js'
import type { Point, Series } from './chart.js'
import { area } from './layers.js'
import { clockEnd, faultSpans, middles, type NamedMark, overTime } from './run-clock.js'
import type { Svg } from './svg.js'
import { SERIES_COLOURS } from './theme.js'

const HEIGHT = 200
/** Room that the label of a line needs, in pixels. */
const LABEL = 18
/** Readings further apart than so many of the usual intervals were missed: nothing is known of the time between. */
const MISSED = 4

/** Offered and achieved rate and errors per second, over the run clock. */
export function rateOverTime(record: RunRecord, marks: readonly NamedMark[] = []): Svg {
  const { timeline, load } = record
  const rows = middles(timeline)
  const offered = timeline.flatMap(({ t_ms, offered_rps }): Point[] =>
    offered_rps === null ? [] : [[t_ms, offered_rps]],
  )
  const series: Series[] = [
    // Each tick's rate holds from the tick before to its own end.
    {
      label: 'offered',
      stroke: 'dash1 plan',
      step: true,
      points: [...offered.slice(0, 1).map(([, y]) => [0, y] as const), ...offered],
    },
    { label: 'answered', stroke: 's0', points: rows.map(([t, tick]) => [t, tick.achieved_rps]) },
    { label: 'errors', stroke: 's1', points: rows.map(([t, tick]) => [t, tick.errors_per_s]) },
  ]
  const counted = timeline.filter((tick) => tick.t_ms > load.warmup_ms)
  return overTime(record, marks, {
    title: 'Rate over time',
    subtitle: 'requests per second',
    description: rateWords(record, counted),
    height: HEIGHT,
    y: fromZero(Math.max(1, ...series.flatMap(({ points }) => points.map(([, value]) => value ?? 0)))),
    series: series.filter(({ label, points }) => points.some(([, value]) => label !== 'errors' || value !== 0)),
  })
}

/** p50 and p99 of the response time per tick, over the run clock; null where no tick has an answer. */
export function latencyOverTime(record: RunRecord, marks: readonly NamedMark[] = []): Svg | null {
  const rows = middles(record.timeline)
  const values = rows.flatMap(([, { p50_ms, p99_ms }]) => [p50_ms, p99_ms]).filter((value) => value !== null)
  if (values.length === 0) return null
  const y = latencyAxis(values)
  return overTime(record, marks, {
    title: 'Latency over time',
    subtitle: `response time in ms${y.log ? ', log scale' : ''}`,
    description: latencyWords(record),
    height: HEIGHT,
    y,
    below: [
      area(
        rows.map(([t, { p50_ms, p99_ms }]) => [t, p50_ms, p99_ms]),
        'band f0',
      ),
    ],
    series: [
      { label: 'p99', stroke: 's1', points: rows.map(([t, { p99_ms }]) => [t, p99_ms]) },
      { label: 'p50', stroke: 's0', points: rows.map(([t, { p50_ms }]) => [t, p50_ms]) },
    ],
  })
}

/** Lag of each standby over the run clock: the heartbeat as a line, replay lag dashed; null where nothing was read. */
export function lagOverTime(record: RunRecord, marks: readonly NamedMark[] = []): Svg | null {
  const readings = record.replication?.series ?? []
  const values = readings
    .flatMap((point) => [point.heartbeat_ms, point.replay_lag_ms])
    .filter((value) => value !== null)
  if (values.length === 0) return null
  const ids = [...new Set(readings.map(({ id }) => id))].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  const y = lagAxis(values)
  return overTime(record, marks, {
    title: 'Replication lag over time',
    subtitle: `ms${y.log ? ', log scale above 1' : ''}; line: heartbeat, dashed: replay lag, gap: idle or not read`,
    description: lagWords(record),
    height: Math.max(HEIGHT, ids.length * LABEL + 20),
    y,
    series: ids.flatMap((id, i): Series[] => {
      // Probes read on for a moment when the load has ended, beyond the end of the axis.
      const mine = readings
        .filter((point) => point.id === id && point.t_ms <= clockEnd(record))
        .toSorted((a, b) => a.t_ms - b.t_ms)
      const stroke = `s${i % SERIES_COLOURS}`
      return [
        { stroke: `dash1 ${stroke}`, thin: true, points: withGaps(mine, ({ replay_lag_ms }) => replay_lag_ms) },
        { label: id, stroke, thin: true, points: withGaps(mine, ({ heartbeat_ms }) => heartbeat_ms) },
      ]
    }),
  })
}

type Reading = ReplicationRecord['series'][number]

/** Readings as points, with a gap wherever some are missing between two of them. */
function withGaps(readings: readonly Reading[], read: (reading: Reading) => number | null): Point[] {
  const apart = readings.map(({ t_ms }, i) => t_ms - (readings[i - 1]?.t_ms ?? t_ms))
  const most = MISSED * (median(apart.slice(1)) ?? 0)
  return readings.flatMap((reading, i): Point[] => {
    const point: Point = [reading.t_ms, read(reading)]
    return (apart[i] ?? 0) > most ? [[reading.t_ms, null], point] : [point]
  })
}

function rateWords({ load }: RunRecord, counted: readonly TickRow[]): string {
  if (counted.length === 0) return 'No counted time.'
  const rates = counted.map((tick) => tick.achieved_rps)
  const errors = Math.max(...counted.map((tick) => tick.errors_per_s))
  return [
    load.offered_rps === null ? 'Closed loop.' : `Offered ${formatNumber(load.offered_rps)} requests/s on average.`,
    `Answered between ${formatNumber(Math.min(...rates))} and ${formatNumber(Math.max(...rates))} requests/s.`,
    errors > 0 ? `Up to ${formatNumber(errors)} errors/s.` : 'No errors.',
  ].join(' ')
}

function latencyWords(record: RunRecord): string {
  const { p50, p99 } = record.latency.response_ms
  if (p50 === null || p99 === null) return 'No answers were counted.'
  const counted = record.timeline.filter(({ t_ms }) => t_ms > record.load.warmup_ms)
  const worst = Math.max(0, ...counted.map(({ p99_ms }) => p99_ms ?? 0))
  const faults = faultSpans(record).map(
    ({ words, from_ms, to_ms }) =>
      ` Fault: ${words}, from second ${formatNumber(from_ms / 1_000)} to ${formatNumber(to_ms / 1_000)}.`,
  )
  return `Over the counted part p50 is ${formatNumber(p50)} ms and p99 ${formatNumber(p99)} ms; the worst p99 of one tick is ${formatNumber(worst)} ms.${faults.join('')}`
}

function lagWords({ replication }: RunRecord): string {
  return (replication?.standbys ?? [])
    .map(({ id, heartbeat_ms: { mean, p99, max } }) => {
      const [a, b, c] = [mean, p99, max].map((value) => (value === null ? '-' : `${formatNumber(value)} ms`))
      return `${id}: heartbeat lag mean ${a}, p99 ${b}, longest ${c}`
    })
    .join('; ')
}

import { line as lineOf } from 'd3-shape'
import type { RunRecord } from '../../core/record.js'
import type { ReplicationRecord } from '../../core/replication.js'
import { formatNumber } from '../../core/units.js'
import { median } from '../../stats/quantiles.js'
import { chart, type Plot, valueAxis, WIDTH } from './frame.js'
import { type EndLabel, endLabels } from './labels.js'
import { cutText, el, type Svg } from './svg.js'
import { SERIES_COLOURS } from './theme.js'
import { timeAxis, timeNotes } from './time-axis.js'
import { lagScale } from './value-scale.js'

const HEIGHT = 340
const LABELS = 130
/** Room that each label needs, in pixels. */
const LABEL = 18
/** There are many more points than in a chart of ticks. */
const THIN = 'stroke-width:1.4'

/** Readings further apart than so many of the usual intervals were missed: nothing is known of the time between. */
const MISSED = 4

type Point = ReplicationRecord['series'][number]

/** Lag of each standby over the run clock: the heartbeat as a line, replay lag dashed; null where nothing was read. */
export function lagOverTime(record: RunRecord): Svg | null {
  const series = record.replication?.series ?? []
  const values = series.flatMap((point) => [point.heartbeat_ms, point.replay_lag_ms]).filter((value) => value !== null)
  if (values.length === 0) return null
  const ids = [...new Set(series.map(({ id }) => id))].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  const height = Math.max(HEIGHT, ids.length * LABEL + 160)
  const plot: Plot = { left: 68, right: WIDTH - LABELS - 20, top: 84, bottom: height - 56 }
  const axis = timeAxis(record, plot)
  const { y, ticks, log } = lagScale(values, plot)
  const labels: EndLabel[] = []
  const path = (points: readonly Point[], read: (point: Point) => number | null): string =>
    lineOf<Point | null>()
      .defined((point) => point !== null && read(point) !== null)
      .x((point) => axis.x(point?.t_ms ?? 0))
      .y((point) => y((point && read(point)) ?? 0))
      .digits(1)(withGaps(points)) ?? ''
  const lines = ids.flatMap((id, i) => {
    // Probes read on for a moment when the load has ended, beyond the end of the axis.
    const points = series
      .filter((point) => point.id === id && axis.x(point.t_ms) <= plot.right)
      .toSorted((a, b) => a.t_ms - b.t_ms)
    const stroke = `s${i % SERIES_COLOURS}`
    const last = points.findLast(({ heartbeat_ms }) => heartbeat_ms !== null)
    if (last !== undefined) {
      labels.push({ words: cutText(id, LABELS - 50), x: axis.x(last.t_ms), y: y(last.heartbeat_ms ?? 0), stroke })
    }
    return [
      el('path', { class: `line dash1 ${stroke}`, style: THIN, d: path(points, ({ replay_lag_ms }) => replay_lag_ms) }),
      el('path', { class: `line ${stroke}`, style: THIN, d: path(points, ({ heartbeat_ms }) => heartbeat_ms) }),
    ]
  })
  return chart(
    {
      title: 'Replication lag over time',
      subtitle: `ms${log ? ', log scale above 1' : ''}; line: heartbeat, dashed: replay lag, gap: idle or not read${timeNotes(record)}`,
      description: describe(record),
    },
    height,
    [
      ...axis.behind,
      ...valueAxis(plot, ticks),
      ...lines,
      ...axis.front,
      ...endLabels(labels, plot.right + 30, plot.top + 6, plot.bottom - 4),
    ],
  )
}

/** The points with null wherever readings are missing between two of them. */
function withGaps(points: readonly Point[]): (Point | null)[] {
  const apart = points.map(({ t_ms }, i) => t_ms - (points[i - 1]?.t_ms ?? t_ms))
  const most = MISSED * (median(apart.slice(1)) ?? 0)
  return points.flatMap((point, i) => ((apart[i] ?? 0) > most ? [null, point] : [point]))
}

function describe({ replication }: RunRecord): string {
  return (replication?.standbys ?? [])
    .map(({ id, heartbeat_ms: { mean, p99, max } }) => {
      const [a, b, c] = [mean, p99, max].map((value) => (value === null ? '-' : `${formatNumber(value)} ms`))
      return `${id}: heartbeat lag mean ${a}, p99 ${b}, longest ${c}`
    })
    .join('; ')
}

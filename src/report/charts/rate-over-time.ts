import { scaleLinear } from 'd3-scale'
import { curveStepBefore, line as lineOf } from 'd3-shape'
import type { RunRecord } from '../../core/record.js'
import { formatNumber } from '../../core/units.js'
import { chart, type Plot, valueAxis, WIDTH } from './frame.js'
import { type EndLabel, endLabels } from './labels.js'
import { el, type Svg } from './svg.js'
import { middles, timeAxis, timeNotes } from './time-axis.js'

const HEIGHT = 340
const LABELS = 110

/** Offered and achieved rate and errors per second, over the run clock. */
export function rateOverTime(record: RunRecord): Svg {
  const { timeline } = record
  const plot: Plot = { left: 68, right: WIDTH - LABELS - 20, top: 84, bottom: HEIGHT - 56 }
  const axis = timeAxis(record, plot)
  const largest = Math.max(
    1,
    ...timeline.map((tick) => Math.max(tick.offered_rps ?? 0, tick.achieved_rps, tick.errors_per_s)),
  )
  const y = scaleLinear([0, largest], [plot.bottom, plot.top]).nice(5)
  const moments = middles(timeline)
  const labels: EndLabel[] = []
  const lines: Svg[] = []

  const offered = timeline.filter((tick) => tick.offered_rps !== null)
  if (offered.length > 0) {
    // Each tick's rate holds from the tick before to its own end.
    const points: [number, number][] = offered.map((tick) => [axis.x(tick.t_ms), y(tick.offered_rps ?? 0)])
    const first = points[0]
    if (first !== undefined) points.unshift([plot.left, first[1]])
    lines.push(el('path', { class: 'line dash1 plan', d: lineOf().curve(curveStepBefore).digits(1)(points) ?? '' }))
    labels.push({ words: 'offered', x: plot.right, y: points.at(-1)?.[1] ?? plot.bottom, stroke: 'plan' })
  }
  const series = [
    { words: 'answered', values: timeline.map((tick) => tick.achieved_rps), stroke: 's0' },
    { words: 'errors', values: timeline.map((tick) => tick.errors_per_s), stroke: 's1' },
  ]
  for (const { words, values, stroke } of series) {
    if (words === 'errors' && values.every((value) => value === 0)) continue
    const points = values.map((value, i): [number, number] => [axis.x(moments[i] ?? 0), y(value)])
    const last = points.at(-1)
    if (last === undefined) continue
    lines.push(el('path', { class: `line ${stroke}`, d: lineOf().digits(1)(points) ?? '' }))
    labels.push({ words, x: last[0], y: last[1], stroke })
  }
  const ticks = y.ticks(5).map((value) => ({ at: y(value), label: formatNumber(value) }))
  return chart(
    {
      title: 'Rate over time',
      subtitle: `requests per second${timeNotes(record)}`,
      description: describe(record),
    },
    HEIGHT,
    [
      ...axis.behind,
      ...valueAxis(plot, ticks),
      ...lines,
      ...axis.front,
      ...endLabels(labels, plot.right + 30, plot.top + 6, plot.bottom - 4),
    ],
  )
}

function describe(record: RunRecord): string {
  const counted = record.timeline.filter((tick) => tick.t_ms > record.load.warmup_ms)
  const rates = counted.map((tick) => tick.achieved_rps)
  const errors = counted.some((tick) => tick.errors_per_s > 0)
  if (rates.length === 0) return 'No counted time.'
  return [
    record.load.offered_rps === null
      ? 'Closed loop.'
      : `Offered ${formatNumber(record.load.offered_rps)} requests/s on average.`,
    `Answered between ${formatNumber(Math.min(...rates))} and ${formatNumber(Math.max(...rates))} requests/s.`,
    errors ? `Up to ${formatNumber(Math.max(...counted.map((tick) => tick.errors_per_s)))} errors/s.` : 'No errors.',
  ].join(' ')
}

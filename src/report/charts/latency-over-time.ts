import { area, line as lineOf } from 'd3-shape'
import type { RunRecord } from '../../core/record.js'
import { formatNumber } from '../../core/units.js'
import { faultSpans } from './fault-spans.js'
import { chart, type Plot, valueAxis, WIDTH } from './frame.js'
import { type EndLabel, endLabels } from './labels.js'
import { marksHeight, type NamedMark, namedMarks, placeMarks } from './named-marks.js'
import { el, type Svg } from './svg.js'
import { middles, timeAxis, timeNotes, timeScale } from './time-axis.js'
import { latencyScale } from './value-scale.js'

const HEIGHT = 340
const LABELS = 110

/**
 * p50 and p99 of the response time per tick, over the run clock; null where no tick has an answer.
 * @param marks moments to name in the chart, in place of the numbers of the run's events
 */
export function latencyOverTime(record: RunRecord, marks: readonly NamedMark[] = []): Svg | null {
  const moments = middles(record.timeline)
  const rows = record.timeline.map((tick, i) => ({ t: moments[i] ?? 0, p50: tick.p50_ms, p99: tick.p99_ms }))
  const values = rows.flatMap(({ p50, p99 }) => [p50, p99]).filter((value) => value !== null)
  if (values.length === 0) return null
  const numbered = marks.length === 0
  const sides = { left: 68, right: WIDTH - LABELS - 20 }
  const x = timeScale(record, sides)
  const placed = placeMarks(marks.map(({ t_ms, words }) => ({ x: x(t_ms), words })))
  const room = marksHeight(placed)
  const plot: Plot = { ...sides, top: 84 + room, bottom: HEIGHT + room - 56 }
  const axis = timeAxis(record, plot, numbered)
  const { y, ticks, log } = latencyScale(values, plot)
  const labels: EndLabel[] = []
  const lines: Svg[] = []
  const both = rows.flatMap(({ t, p50, p99 }) =>
    p50 === null || p99 === null ? [{ t, gap: true, p50: 0, p99: 0 }] : [{ t, gap: false, p50, p99 }],
  )
  const band = area<(typeof both)[number]>()
    .defined((row) => !row.gap)
    .x((row) => axis.x(row.t))
    .y0((row) => y(row.p50))
    .y1((row) => y(row.p99))
    .digits(1)(both)
  lines.push(el('path', { class: 'band f0', d: band ?? '' }))
  for (const { words, read, stroke } of [
    { words: 'p99', read: (row: (typeof rows)[number]) => row.p99, stroke: 's1' },
    { words: 'p50', read: (row: (typeof rows)[number]) => row.p50, stroke: 's0' },
  ]) {
    const path = lineOf<(typeof rows)[number]>()
      .defined((row) => read(row) !== null)
      .x((row) => axis.x(row.t))
      .y((row) => y(read(row) ?? 0))
      .digits(1)(rows)
    lines.push(el('path', { class: `line ${stroke}`, d: path ?? '' }))
    const last = rows.findLast((row) => read(row) !== null)
    if (last !== undefined) labels.push({ words, x: axis.x(last.t), y: y(read(last) ?? 0), stroke })
  }
  return chart(
    {
      title: 'Latency over time',
      subtitle: `response time in ms${log ? ', log scale' : ''}${timeNotes(record, numbered)}`,
      description: describe(record),
    },
    HEIGHT + room,
    [
      ...axis.behind,
      ...valueAxis(plot, ticks),
      ...lines,
      ...axis.front,
      ...namedMarks(placed, plot.top, plot.bottom),
      ...endLabels(labels, plot.right + 30, plot.top + 6, plot.bottom - 4),
    ],
  )
}

function describe(record: RunRecord): string {
  const { p50, p99 } = record.latency.response_ms
  const worst = Math.max(
    ...record.timeline.flatMap(({ p99_ms, t_ms }) =>
      p99_ms === null || t_ms <= record.load.warmup_ms ? [] : [p99_ms],
    ),
    0,
  )
  const faults = faultSpans(record).map(
    ({ words, from_ms, to_ms }) =>
      ` Fault: ${words}, from second ${formatNumber(from_ms / 1_000)} to ${formatNumber(to_ms / 1_000)}.`,
  )
  return p50 === null || p99 === null
    ? 'No answers were counted.'
    : `Over the counted part p50 is ${formatNumber(p50)} ms and p99 ${formatNumber(p99)} ms; the worst p99 of one tick is ${formatNumber(worst)} ms.${faults.join('')}`
}

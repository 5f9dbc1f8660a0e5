import { scaleLinear } from 'd3-scale'
import type { RunEvent, RunRecord, TickRow } from '../../core/record.js'
import { formatNumber } from '../../core/units.js'
import { faultNote, faultShades, faultSpans } from './fault-spans.js'
import { baseAxis, type Plot, type Tick } from './frame.js'
import { eventMarks } from './labels.js'
import { el, type Svg } from './svg.js'

/** What charts over time share: the run clock from left to right, warm-up and faults shaded, events marked. */
export interface TimeAxis {
  /** Pixel of a moment on the run clock (ms). */
  x: (ms: number) => number
  /** Drawn below the lines. */
  behind: Svg[]
  /** Drawn above them. */
  front: Svg[]
}

/** The run clock from one side of a chart to the other: pixel of a moment (ms). */
export function timeScale(record: RunRecord, sides: Pick<Plot, 'left' | 'right'>): (ms: number) => number {
  const { scale, unit } = clockScale(record, sides)
  return (ms) => scale(ms / unit)
}

function clockScale(record: RunRecord, { left, right }: Pick<Plot, 'left' | 'right'>) {
  const end = Math.max(1, record.timeline.at(-1)?.t_ms ?? record.load.warmup_ms + record.load.measured_ms)
  const minutes = end > 180_000
  const unit = minutes ? 60_000 : 1_000
  return { scale: scaleLinear([0, end / unit], [left, right]), unit, minutes, end }
}

/** @param numbered whether the run's events are marked by their numbers */
export function timeAxis(record: RunRecord, plot: Plot, numbered = true): TimeAxis {
  const { scale, minutes, end } = clockScale(record, plot)
  const x = timeScale(record, plot)
  const warmup = Math.min(record.load.warmup_ms, end)
  const ticks: Tick[] = scale.ticks(10).map((value) => ({ at: scale(value), label: formatNumber(value) }))
  const marks = (numbered ? markedEvents(record.events) : [])
    .filter(({ event }) => event.t_ms > 0 && event.t_ms <= end)
    .map(({ event, number }) => ({ number, x: x(event.t_ms) }))
  return {
    x,
    behind: [
      ...(warmup > 0
        ? [
            el('rect', {
              class: 'shade',
              x: plot.left,
              y: plot.top,
              width: x(warmup) - plot.left,
              height: plot.bottom - plot.top,
            }),
          ]
        : []),
      ...faultShades(faultSpans(record), plot, x),
    ],
    front: [
      ...baseAxis(plot, ticks, `${minutes ? 'minutes' : 'seconds'} since the load began`),
      ...eventMarks(marks, plot.top, plot.bottom),
    ],
  }
}

/**
 * The events worth a mark, with their numbers in the report's table: from the first warning on. What comes before it
 * (the run's own phases) is seen in the chart anyway.
 */
export function markedEvents(events: readonly RunEvent[]): { event: RunEvent; number: number }[] {
  const first = events.findIndex((event) => event.level !== 'info')
  if (first === -1) return []
  return events.map((event, index) => ({ event, number: index + 1 })).slice(first)
}

/** The middle of each tick (ms), where its averages belong. */
export function middles(ticks: readonly TickRow[]): number[] {
  return ticks.map((tick, i) => (tick.t_ms + (ticks[i - 1]?.t_ms ?? 0)) / 2)
}

/** "grey: warm-up, not counted; pink: kill api-2; numbers: events", as far as it applies. */
export function timeNotes(record: RunRecord, numbered = true): string {
  const fault = faultNote(faultSpans(record))
  const notes = [
    ...(record.load.warmup_ms > 0 ? ['grey: warm-up, not counted'] : []),
    ...(fault === null ? [] : [fault]),
    ...(numbered && markedEvents(record.events).length > 0 ? ['numbers: events'] : []),
  ]
  return notes.length === 0 ? '' : ` (${notes.join('; ')})`
}

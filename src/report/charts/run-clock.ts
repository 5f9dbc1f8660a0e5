import { scaleLinear } from 'd3-scale'
import type { RunEvent, RunRecord, TickRow } from '../../core/record.js'
import { actionsOf } from '../../core/record-actions.js'
import { faultMoment } from '../drill-words.js'
import { ticksAt } from './axes.js'
import { type Chart, chart } from './chart.js'
import { shade } from './layers.js'
import type { Svg } from './svg.js'

/** A moment in words, to be marked in charts over time. */
export interface NamedMark {
  t_ms: number
  words: string
}

/** A fault at work: from the moment it struck until it was undone, on the run clock. */
export interface FaultSpan {
  from_ms: number
  /** The end of the run, where it was not undone before. */
  to_ms: number
  /** As in "kill api-2". */
  words: string
}

/** From how long a run on its clock counts minutes (ms). */
const MINUTES_FROM = 180_000

/**
 * A chart with the run clock (ms) from left to right: warm-up and faults shaded, moments marked. What the shades mean is added
 * to the subtitle.
 * @param marks moments to name; without any, the events of the run are marked by their numbers
 */
export function overTime(
  record: RunRecord,
  marks: readonly NamedMark[],
  spec: Omit<Chart, 'x' | 'marks' | 'numbers'>,
): Svg {
  const end = clockEnd(record)
  const unit = end > MINUTES_FROM ? 60_000 : 1_000
  const warmup = Math.min(record.load.warmup_ms, end)
  const faults = faultSpans(record)
  const numbers = marks.length > 0 ? [] : markedEvents(record.events)
  const names = [...new Set(faults.map(({ words }) => words))]
  const notes = [
    ...(warmup > 0 ? ['grey: warm-up, not counted'] : []),
    ...(names.length > 0 ? [`pink: ${names.length > 2 ? `${names.length} faults` : names.join(', ')}`] : []),
    ...(numbers.length > 0 ? ['numbers: events'] : []),
  ]
  return chart({
    ...spec,
    subtitle: `${spec.subtitle}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`,
    x: {
      // What goes on beyond the end of the clock is drawn at its end.
      scale: scaleLinear([0, end], [0, 1]).clamp(true),
      ticks: ticksAt(scaleLinear([0, end / unit], [0, 1]).ticks(10)).map((tick) => ({
        ...tick,
        value: tick.value * unit,
      })),
      title: `${unit === 60_000 ? 'minutes' : 'seconds'} since the load began`,
    },
    below: [
      ...(warmup > 0 ? [shade(0, warmup, 'shade')] : []),
      ...faults.map(({ from_ms, to_ms }) => shade(from_ms, to_ms, 'band f3')),
      ...(spec.below ?? []),
    ],
    marks: marks.map(({ t_ms, words }) => ({ value: t_ms, words })),
    numbers: numbers
      .filter(({ event }) => event.t_ms > 0 && event.t_ms <= end)
      .map(({ event, number }) => ({ value: event.t_ms, number })),
  })
}

/** Where the run clock ends (ms). */
export function clockEnd({ timeline, load }: RunRecord): number {
  return Math.max(1, timeline.at(-1)?.t_ms ?? load.warmup_ms + load.measured_ms)
}

/** Ticks with the middle of each (ms), where its averages belong. */
export function middles(ticks: readonly TickRow[]): (readonly [ms: number, tick: TickRow])[] {
  return ticks.map((tick, i) => [(tick.t_ms + (ticks[i - 1]?.t_ms ?? 0)) / 2, tick])
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

/** The faults of a run as they were, not as they were planned: one that never struck has no span. */
export function faultSpans(record: RunRecord): FaultSpan[] {
  const end = clockEnd(record)
  return [...drillSpans(record, end), ...actionSpans(record, end)]
    .map((span) => ({ ...span, to_ms: Math.min(span.to_ms, end) }))
    .filter(({ from_ms, to_ms }) => from_ms < to_ms)
    .toSorted((a, b) => a.from_ms - b.from_ms)
}

function drillSpans({ trial }: RunRecord, end: number): FaultSpan[] {
  const from = trial === undefined ? null : faultMoment(trial)
  if (trial === undefined || from === null) return []
  const back = trial.timeline.find(({ event, t_ms }) => event === 'old node back' && t_ms >= from)
  return [{ from_ms: from, to_ms: back?.t_ms ?? end, words: `${trial.fault} ${trial.node}` }]
}

/** From when an action had struck a node until it was taken back. */
function actionSpans(record: RunRecord, end: number): FaultSpan[] {
  const actions = actionsOf(record)
  return actions.flatMap(({ action, kind, node, began_ms }, index) => {
    if (node === null || kind === 'restore' || began_ms === null) return []
    const back = actions.find(({ undoes }) => undoes === index + 1)
    return [{ from_ms: began_ms, to_ms: back?.ended_ms ?? end, words: action }]
  })
}

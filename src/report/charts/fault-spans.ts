import type { RunRecord } from '../../core/record.js'
import { faultMoment } from '../drill-words.js'
import type { Plot } from './frame.js'
import { el, type Svg } from './svg.js'

/** A fault at work: from the moment it struck until it was undone, on the run clock. */
export interface FaultSpan {
  from_ms: number
  /** The end of the run, where it was not undone before. */
  to_ms: number
  /** As in "kill api-2". */
  words: string
}

/** The faults of a run as they were, not as they were planned: one that never struck has no span. */
export function faultSpans(record: RunRecord): FaultSpan[] {
  const end = record.timeline.at(-1)?.t_ms ?? record.load.warmup_ms + record.load.measured_ms
  return [...drillSpans(record, end), ...(record.faults ?? []).flatMap((fault) => plannedSpan(fault, record, end))]
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

/** Events say when it struck and when the node was back: `run/fault-schedule.ts` writes them. */
function plannedSpan(
  { fault, node, at_ms }: NonNullable<RunRecord['faults']>[number],
  { events, load }: RunRecord,
  end: number,
): FaultSpan[] {
  const words = `${fault} ${node}`
  const planned = load.warmup_ms + at_ms
  const [strike] = events
    .filter(({ text }) => text === words)
    .toSorted((a, b) => Math.abs(a.t_ms - planned) - Math.abs(b.t_ms - planned))
  if (strike === undefined) return []
  const back = events.find(({ t_ms, text }) => t_ms >= strike.t_ms && text === `${node} is back`)
  return [{ from_ms: strike.t_ms, to_ms: back?.t_ms ?? end, words }]
}

/** Shades the time of each fault, over the whole height of a plot; one that was short is still seen. */
export function faultShades(spans: readonly FaultSpan[], plot: Plot, x: (ms: number) => number): Svg[] {
  return spans.map(({ from_ms, to_ms }) =>
    el('rect', {
      class: 'band f3',
      x: x(from_ms),
      y: plot.top,
      width: Math.max(2, x(to_ms) - x(from_ms)),
      height: plot.bottom - plot.top,
    }),
  )
}

/** "pink: kill api-2", for the line below a chart's title; null where nothing is shaded. */
export function faultNote(spans: readonly FaultSpan[]): string | null {
  const words = [...new Set(spans.map((span) => span.words))]
  if (words.length === 0) return null
  return `pink: ${words.length > 2 ? `${words.length} faults` : words.join(', ')}`
}

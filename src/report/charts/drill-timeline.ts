import type { DrillEventName, Trial } from '../../core/trial.js'
import { formatNumber } from '../../core/units.js'
import { faultMoment, faultWords } from '../drill-words.js'
import { barChart } from './bars.js'
import type { NamedMark } from './run-clock.js'
import type { Svg } from './svg.js'

/** What clients saw, of all that happens in a drill; the rest was done. */
const SEEN: readonly DrillEventName[] = ['first failed request', 'first acknowledged write', 'last failed request']

/** When each thing happened after the fault, as bars; null where the fault never struck or nothing followed it. */
export function drillTimeline(trial: Trial): Svg | null {
  const fault = faultMoment(trial)
  if (fault === null) return null
  const events = trial.timeline.filter(({ event, t_ms }) => event !== 'fault' && t_ms >= fault)
  return barChart({
    title: `After ${faultWords(trial)}`,
    subtitle: 'ms since the fault; blue: what was found out and done, orange: what clients saw',
    description: events.map(({ event, t_ms }) => `${event} after ${formatNumber(t_ms - fault)} ms`).join(', '),
    axis: 'milliseconds since the fault',
    bars: events.map(({ event, node, t_ms }) => ({
      name: event,
      value: t_ms - fault,
      mark: null,
      words: `${formatNumber(t_ms - fault)} ms${node === null ? '' : ` · ${node}`}`,
      fill: SEEN.includes(event) ? 'f1' : 'f0',
    })),
  })
}

/** The events of a drill as marks for charts over time. */
export function drillMarks(trial: Trial): NamedMark[] {
  const fault = faultMoment(trial)
  return trial.timeline.map(({ t_ms, event, node }) => ({
    t_ms,
    words:
      event === 'fault' || fault === null
        ? `${event}: ${trial.fault} ${trial.node}`
        : `${event}${event === 'sibling streaming' && node !== null ? ` (${node})` : ''} +${formatNumber(t_ms - fault)} ms`,
  }))
}

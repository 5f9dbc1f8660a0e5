import type { DrillEventName, Trial } from '../../core/trial.js'
import { formatNumber } from '../../core/units.js'
import { median, nearestRank } from '../../stats/quantiles.js'
import { faultMoment, faultWords } from '../drill-words.js'
import { timesAxis } from './axes.js'
import { barChart } from './bars.js'
import { dotRows } from './dot-rows.js'
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

/** Times of one kind over the trials of a drill, in milliseconds; those that never came are counted apart. */
export interface TrialTimes {
  name: string
  values: readonly number[]
  never: number
}

/** A dot per trial in a row per kind of time, with a line at the median; null where there is no time at all. */
export function recoveryTimes(kinds: readonly TrialTimes[], trials: number): Svg | null {
  return dotRows({
    title: 'Times of the trials',
    subtitle: `ms since the fault; a dot for each of ${formatNumber(trials)} trials, the line is the median`,
    rows: kinds.map((kind) => ({ ...kind, words: summary(kind) })),
    axis: timesAxis(kinds.flatMap(({ values }) => values)),
    unit: 'milliseconds since the fault',
  })
}

function summary({ values, never }: TrialTimes): string {
  const [half, p95, max] = [median(values), nearestRank(values, 0.95), nearestRank(values, 1)].map((value) =>
    value === null ? '-' : formatNumber(value),
  )
  return `median ${half}, p95 ${p95}, max ${max}${never === 0 ? '' : `; never: ${never}`}`
}

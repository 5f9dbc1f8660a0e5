import type { Validity } from '../core/record.js'
import type { Trial } from '../core/trial.js'
import { milliseconds } from './figures.js'
import type { TextOptions } from './table.js'
import { renderValidity } from './validity.js'

/**
 * A drill in a few lines: what happened when, what it cost, and what to doubt.
 * @param whole false when it was broken off: what it cost was not measured then
 */
export function drillLines(
  trial: Trial,
  whole: boolean,
  validity: readonly Validity[],
  options: TextOptions,
): string[] {
  const fault = trial.timeline.find(({ event }) => event === 'fault')?.t_ms ?? 0
  const events = trial.timeline.map(({ t_ms, event, node, detail }) => {
    const when = `${Math.round(t_ms - fault)} ms`.padStart(9)
    return `${when}  ${[event, node]
      .filter((text) => text !== null)
      .join(' ')
      .padEnd(36)}${detail ?? ''}`.trimEnd()
  })
  const cost = whole ? costLines(trial) : ['The drill was broken off: what the fault cost was not measured.']
  return ['', ...events, '', ...cost, '', ...renderValidity(validity, options).split('\n')]
}

function costLines(trial: Trial): string[] {
  const { lost, unknown, recovered, refused, acknowledged, stale_reads, failed_requests } = trial
  const shown = lost.slice(0, SHOWN).join(', ')
  const more = lost.length > SHOWN ? ` and ${lost.length - SHOWN} more` : ''
  return [
    trial.rto_ms === null
      ? 'Service did not come back.'
      : trial.role === 'primary'
        ? `RTO ${milliseconds(trial.rto_ms)} ms: from the fault to the first write that ${trial.promoted} acknowledged.`
        : trial.failed_requests === 0
          ? trial.rto_ms === 0
            ? 'No request failed.'
            : `No request failed, but writes waited for more than a second; the last of them until ${milliseconds(trial.rto_ms)} ms after the fault.`
          : `${trial.failed_requests === 1 ? '1 request failed,' : `${trial.failed_requests} requests failed, the last one`} ${milliseconds(trial.rto_ms)} ms after the fault.`,
    `Writes: ${acknowledged} acknowledged, ${lost.length} of them lost${lost.length === 0 ? '' : ` (${shown}${more})`}; ` +
      `${refused} refused; ${unknown} unknown, ${recovered} of them there${trial.duplicated.length === 0 ? '' : `; ${trial.duplicated.length} made twice`}.`,
    ...(trial.role === 'primary'
      ? [
          failed_requests === 0
            ? 'No request failed: the API retried, and clients waited.'
            : `${failed_requests} requests failed.`,
        ]
      : []),
    ...(stale_reads === 0 ? [] : [`${stale_reads} reads missed a write that the same client had been told of.`]),
    ...(trial.back_ms === null ? [] : [`${trial.node} was back ${milliseconds(trial.back_ms)} ms after the fault.`]),
  ]
}

/** Ids that a terminal shows; the report has more, the record all. */
const SHOWN = 3

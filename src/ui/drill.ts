import { type DrillContext, drillLead } from '../core/drill-lead.js'
import type { Validity } from '../core/record.js'
import type { Trial } from '../core/trial.js'
import type { TextOptions } from './table.js'
import { renderValidity } from './validity.js'
import { wrap } from './width.js'

/**
 * A drill in a few lines: what it showed, what happened when, the writes, and what to doubt.
 */
export function drillLines(
  trial: Trial,
  context: DrillContext,
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
  const lead = wrap(drillLead(trial, context).join(' '), options.width)
  return ['', ...lead, '', ...events, '', ...countLines(trial), '', ...renderValidity(validity, options).split('\n')]
}

function countLines({ lost, unknown, recovered, refused, acknowledged, duplicated, stale_reads }: Trial): string[] {
  const shown = lost.slice(0, SHOWN).join(', ')
  const more = lost.length > SHOWN ? ` and ${lost.length - SHOWN} more` : ''
  return [
    `Writes: ${acknowledged} acknowledged, ${lost.length} of them lost${lost.length === 0 ? '' : ` (${shown}${more})`}; ` +
      `${refused} refused; ${unknown} unknown, ${recovered} of them there${duplicated.length === 0 ? '' : `; ${duplicated.length} made twice`}.`,
    ...(stale_reads === 0 ? [] : [`${stale_reads} reads missed a write that the same client had been told of.`]),
  ]
}

/** Ids that a terminal shows; the report has more, the record all. */
const SHOWN = 3

import type { RunRecord } from '../core/record.js'
import { drillTargetOf, type Trial } from '../core/trial.js'
import { plain } from './table.js'

/** A drill's record: one that holds a trial. */
export type DrillRecord = RunRecord & { trial: Trial }

export function isDrill(record: RunRecord): record is DrillRecord {
  return record.trial !== undefined
}

const STRUCK: Record<Trial['fault'], string> = { kill: 'was killed', stop: 'was stopped', pause: 'was paused' }

/** "primary was killed". */
export function faultWords({ node, fault }: Pick<Trial, 'node' | 'fault'>): string {
  return `${plain(node)} ${STRUCK[fault]}`
}

/**
 * The same of repeated drills: each strikes whichever server is the primary by then, and what is called "primary" may be
 * a standby.
 */
export function repeatedFaultWords(trial: Pick<Trial, 'node' | 'role' | 'fault'>): string {
  const node = drillTargetOf(trial)
  return faultWords({ ...trial, node: trial.role === 'primary' ? `the ${node}` : node })
}

/** The moment of the fault on the run clock, in milliseconds; null where it never struck. */
export function faultMoment({ timeline }: Trial): number | null {
  return timeline.find(({ event }) => event === 'fault')?.t_ms ?? null
}

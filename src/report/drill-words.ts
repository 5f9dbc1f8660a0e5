import type { WritesRecord } from '../core/replication.js'
import { type Trial, targetOf } from '../core/trial.js'
import { count, ms } from './quantities.js'
import { plain } from './table.js'

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
  const node = targetOf(trial)
  return faultWords({ ...trial, node: trial.role === 'primary' ? `the ${node}` : node })
}

/** What a drill showed, in one sentence: whether and when service came back, and what it cost in acknowledged writes. */
export function drillSentence(trial: Trial, writes: WritesRecord | undefined): string {
  return `${recovery(trial)}; ${loss(trial, writes)}.`
}

function recovery(trial: Trial): string {
  const struck = faultWords(trial)
  if (trial.role === 'primary') {
    if (trial.rto_ms !== null)
      return `${plain(trial.promoted ?? 'the service')} took over ${ms(trial.rto_ms)} after ${struck}`
    return trial.promoted === null
      ? `**No standby took over** after ${struck}`
      : `**Writes did not come back** after ${struck}, although ${plain(trial.promoted)} was promoted`
  }
  if (trial.rto_ms === null) return `**Service did not come back** after ${struck}`
  if (trial.failed_requests === 0 && (trial.rto_ms ?? 0) > 0) {
    return `No request failed when ${struck}, but writes waited for more than a second, until ${ms(trial.rto_ms)} after it`
  }
  if (trial.failed_requests === 0) return `No request failed when ${struck}`
  return `${count(trial.failed_requests, 'request')} failed after ${struck}, the last of them ${ms(trial.rto_ms)} after the fault`
}

function loss({ lost, acknowledged }: Trial, writes: WritesRecord | undefined): string {
  if (writes !== undefined && writes.lost === null) return 'whether acknowledged writes were lost could not be read'
  if (acknowledged === 0) return 'there were no writes to lose'
  if (lost.length === 0) return 'no acknowledged write was lost'
  return `${count(lost.length, 'acknowledged write')} ${lost.length === 1 ? 'was' : 'were'} lost`
}

/** The moment of the fault on the run clock, in milliseconds; null where it never struck. */
export function faultMoment({ timeline }: Trial): number | null {
  return timeline.find(({ event }) => event === 'fault')?.t_ms ?? null
}

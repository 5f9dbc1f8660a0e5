import type { Trial } from './trial.js'
import { formatDuration, formatNumber } from './units.js'

/** What a drill's own figures do not tell. */
export interface DrillContext {
  /** Of the stack's commits; null where it is not known. */
  durability: string | null
  /** The writes could not be read back: what was lost is not known. */
  unread: boolean
  /** False: the drill was broken off. */
  whole: boolean
}

const STRUCK: Record<Trial['fault'], string> = {
  kill: 'was killed (SIGKILL)',
  stop: 'was stopped in order (SIGTERM)',
  pause: 'was frozen',
}

/**
 * A node with the role that it had, where its name says otherwise: nodes keep the names they were born with, and roles
 * change hands with every failover.
 */
export function nodeAs(node: string, role: Trial['role']): string {
  if (role === 'primary' && node !== 'primary') return `${node} (the primary since an earlier failover)`
  if (role === 'standby' && node === 'primary') return `${node} (a standby since an earlier failover)`
  return node
}

/** Who was what before a drill, and after it. */
export function rolesOf({
  node,
  role,
  promoted,
  timeline,
  back_ms,
}: Trial): [node: string, before: string, after: string][] {
  if (role !== 'primary') return []
  const siblings = timeline.flatMap(({ event, node: id }) => (event === 'sibling streaming' && id !== null ? [id] : []))
  return [
    [
      node,
      'primary',
      promoted === null ? 'not known' : back_ms === null ? 'fenced: it may not start' : `standby of ${promoted}`,
    ],
    ...(promoted === null ? [] : ([[promoted, 'standby', 'primary']] satisfies [string, string, string][])),
    ...siblings.map((id): [string, string, string] => [id, 'standby', `standby of ${promoted}`]),
  ]
}

/** A drill in plain sentences: who was struck and how, what clients saw of it, what is lost and why, who took over. */
export function drillLead(trial: Trial, context: DrillContext): string[] {
  return [
    `${nodeAs(trial.node, trial.role)} ${STRUCK[trial.fault]} under load.`,
    ...(context.whole ? [] : ['The drill was broken off before its end; what follows is what was seen until then.']),
    outageSentence(trial),
    lossSentence(trial, context),
    ...(trial.role === 'primary' ? [successionSentence(trial)] : []),
    ...backSentence(trial),
  ].filter((sentence) => sentence !== '')
}

function outageSentence({ role, outage, rto_ms, failed_requests }: Trial): string {
  const failed =
    failed_requests === 0
      ? 'no request failed'
      : `${formatNumber(failed_requests)} ${failed_requests === 1 ? 'request' : 'requests'} failed`
  if (role !== 'primary') {
    if (rto_ms === null) return `Service did not come back; ${failed}.`
    if (failed_requests > 0) return `${capital(failed)}, the last of them ${formatDuration(rto_ms)} after the fault.`
    if (rto_ms > 0) return `No request failed, but writes waited, until ${formatDuration(rto_ms)} after the fault.`
    return 'No request failed.'
  }
  const waited = failed_requests === 0 ? `${failed}: the API tried again, and clients waited` : failed
  if (outage === undefined || outage === null) return `${capital(waited)}.`
  if (!outage.ended)
    return `No write was confirmed any more for the last ${formatDuration(outage.ms)} of the load; ${failed}.`
  return `For ${formatDuration(outage.ms)} clients got no write confirmed; ${waited}.`
}

function lossSentence({ role, acknowledged, lost, promoted }: Trial, { durability, unread }: DrillContext): string {
  if (acknowledged === 0) return 'There were no acknowledged writes to lose.'
  if (unread) return 'Whether acknowledged writes were lost could not be read.'
  const all = formatNumber(acknowledged)
  if (lost.length === 0) return `Of ${all} acknowledged writes none was lost.`
  const of = `Of ${all} acknowledged writes ${formatNumber(lost.length)} ${lost.length === 1 ? 'was' : 'were'} lost`
  if (role !== 'primary' || durability === null) return `${of}.`
  const local = durability === 'local' || durability === 'off'
  return local
    ? `${of}: with durability ${durability} the primary confirms a write before any standby has it, and ${promoted ?? 'the standby'} had not received these.`
    : `${of}, although with durability ${durability} a commit waits for a standby.`
}

function successionSentence({ promoted, promoted_ms, rto_ms }: Trial): string {
  if (promoted === null) return 'No standby took over.'
  const when = promoted_ms === null ? '' : ` ${formatDuration(promoted_ms)} after the fault`
  return rto_ms === null
    ? `${nodeAs(promoted, 'standby')} was promoted${when}, and acknowledged no write after that.`
    : `${nodeAs(promoted, 'standby')} took over: it was promoted${when}, and the first write that it acknowledged came ${formatDuration(rto_ms)} after the fault (the recovery time, RTO).`
}

function backSentence({ role, node, promoted, back_ms }: Trial): string[] {
  if (back_ms === null) return role === 'primary' ? [`${node} did not come back during the drill.`] : []
  const how = role === 'primary' && promoted !== null ? ` as a standby of ${promoted}` : ''
  return [`${node} was back${how} ${formatDuration(back_ms)} after the fault.`]
}

function capital(text: string): string {
  // The name of a node stays as it is.
  return /^(no|\d)/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text
}

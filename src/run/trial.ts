import type { WritesRecord } from '../core/replication.js'
import type { DrillEvent, DrillEventName, Trial } from '../core/trial.js'
import type { Journal } from '../load/port.js'
import type { Drilled } from './drill.js'

/**
 * What a drill cost: its own timeline, completed by what the clients saw, with the recovery time read off it and the
 * ledger of writes held against the database.
 */
export function trialOf(acted: Drilled, journal: Journal, writes: WritesRecord): Trial {
  const fault = timeOf(acted.events, 'fault')
  // What was due and never sent was cut off by the end of the load.
  const failures =
    fault === null
      ? []
      : journal.failures
          .filter(({ done_ms, cause }) => done_ms >= fault && cause !== NEVER_SENT)
          .toSorted((a, b) => a.done_ms - b.done_ms)
  const firstFailure = failures[0]?.done_ms ?? null
  const lastFailure = failures.at(-1)?.done_ms ?? null
  // A drill that was given up half-way may have promoted one all the same.
  const promoted = acted.promoted ?? acted.events.find(({ event }) => event === 'promoted')?.node ?? null
  const firstWrite =
    promoted === null
      ? null
      : lowest(
          journal.writes.flatMap(({ outcome, node, done_ms }) =>
            outcome === 'acknowledged' && node === promoted && done_ms >= (fault ?? 0) ? [done_ms] : [],
          ),
        )
  const seen: DrillEvent[] = [
    ...seenAt('first failed request', firstFailure, null, failures[0]?.cause ?? null),
    ...seenAt('first acknowledged write', firstWrite, promoted, null),
    ...seenAt('last failed request', lastFailure, null, null),
  ]
  const timeline = [...acted.events, ...seen].sort((a, b) => a.t_ms - b.t_ms)
  const since = (moment: number | null): number | null =>
    moment === null || fault === null ? null : Math.round((moment - fault) * 10) / 10
  const back = timeOf(timeline, 'old node back')
  const lastDisturbed = highest([
    ...(lastFailure === null ? [] : [lastFailure]),
    ...journal.writes.flatMap(({ due_ms, done_ms, outcome }) =>
      fault !== null && outcome === 'acknowledged' && done_ms >= fault && done_ms - due_ms > LATE_MS ? [done_ms] : [],
    ),
  ])
  const down =
    acted.role === 'primary' ? firstWrite : lastDisturbed === null ? fault : recoveredAt(lastDisturbed, journal)
  return {
    node: acted.node,
    role: acted.role,
    fault: acted.fault,
    promoted,
    rto_ms: since(down),
    outage: fault === null ? null : outageOf(journal, fault),
    detected_ms: since(timeOf(timeline, 'detected')),
    promoted_ms: since(timeOf(timeline, 'promoted')),
    back_ms: since(back),
    back_after_failover_ms: back === null || firstWrite === null ? null : Math.round((back - firstWrite) * 10) / 10,
    acknowledged: writes.acknowledged,
    lost: writes.lost ?? [],
    refused: writes.refused,
    unknown: writes.unknown,
    recovered: writes.recovered ?? 0,
    duplicated: writes.duplicated ?? [],
    diverged: acted.diverged === null ? null : acted.diverged.split('\n').filter((line) => line !== '').length,
    stale_reads: journal.reads.stale,
    backwards_reads: journal.reads.backwards,
    failed_requests: failures.length,
    timeline,
  }
}

/**
 * The longest time without an acknowledged write, of those that ended after the fault. Whoever acknowledged: what counts
 * is what the clients saw. Null where no write was sent.
 */
function outageOf({ writes }: Journal, fault: number): NonNullable<Trial['outage']> | null {
  if (writes.length === 0) return null
  const acknowledged = writes.flatMap(({ outcome, done_ms }) => (outcome === 'acknowledged' ? [done_ms] : []))
  const moments = acknowledged.toSorted((a, b) => a - b)
  let last = moments.findLast((moment) => moment <= fault) ?? fault
  let longest = 0
  for (const moment of moments.filter((each) => each > fault)) {
    longest = Math.max(longest, moment - last)
    last = moment
  }
  const tried = writes.reduce((latest, { done_ms }) => Math.max(latest, done_ms), 0)
  // The last ones tell of no outage unless they failed for longer than any gap before.
  const ended = tried - last <= longest
  return { ms: Math.round(Math.max(longest, tried - last) * 10) / 10, ended }
}

/** A write that was answered this long after it was due is none that was served, in milliseconds. */
const LATE_MS = 1_000

/** Cause of a failure in a journal. */
const NEVER_SENT = 'never sent'

/** The end of the last failure; null when writes were sent and none was acknowledged after it: they still fail. */
function recoveredAt(lastFailure: number, { writes }: Journal): number | null {
  const acknowledged = writes.some(({ outcome, done_ms }) => outcome === 'acknowledged' && done_ms > lastFailure)
  return acknowledged || writes.length === 0 ? lastFailure : null
}

function seenAt(event: DrillEventName, t: number | null, node: string | null, detail: string | null): DrillEvent[] {
  return t === null ? [] : [{ t_ms: Math.round(t * 10) / 10, event, node, detail }]
}

function timeOf(events: readonly DrillEvent[], name: DrillEventName): number | null {
  return events.find(({ event }) => event === name)?.t_ms ?? null
}

function lowest(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.min(a, b))
}

function highest(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b))
}

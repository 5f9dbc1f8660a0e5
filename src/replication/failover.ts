import { LabError, runError } from '../core/errors.js'
import type { DrillEventName } from '../core/trial.js'
import { chooseStandby } from './choose.js'
import { Cluster } from './cluster.js'
import type { NodeControl } from './port.js'
import type { DatabaseServer, ServerState } from './server.js'
import { asked, drained, nobodyFor, others, slotName, slotsOn } from './standbys.js'

const PROMOTE = 'SELECT pg_promote(wait => false)'
const PROMOTE_MS = 10_000
const STREAM_MS = 20_000
/** Rows that the old primary wrote so long before the last one that was replicated are looked at, too. */
const DIVERGED_MARGIN_MS = 5_000
/** Where nothing tells when the last commit was replicated: rows of the last hour. */
const DIVERGED_LONGEST_MS = 3_600_000

/** A step that is about to be done, in words, with the statement or operation it consists of. */
export interface FailoverStep {
  title: string
  statement: string
}

export interface FailoverOptions {
  control: NodeControl
  onEvent: (event: DrillEventName, node: string | null, detail: string | null) => void
  /** Asked before every step; a failover by hand waits here. */
  beforeStep?: (step: FailoverStep) => Promise<void>
  /** What `readied` made when the failure was only expected. It is closed when the failover is over. */
  ready?: Cluster
  signal: AbortSignal
}

export interface Failover {
  promoted: string
  /** From when on rows of the old primary may be missing on the new one, ISO 8601. */
  divergedSince: string
  /** Settles when the other standbys stream from the new primary. */
  siblings: Promise<void>
}

/**
 * Makes a standby the primary in place of one that failed:
 *
 * 1. ask the others: nothing is done to the old one before somebody answers who could take its place;
 * 2. fence: the old primary is forbidden to start, then killed, so that it cannot accept a write any more whether it was
 *    dead, frozen, or only unreachable. Without this nothing is promoted. Beside it the standbys get slots for all the
 *    others;
 * 3. choose the standby with the most WAL, once what the old primary had sent is read;
 * 4. promote it;
 * 5. tell the API instances, and point the other standbys at it.
 *
 * Returns when the new primary accepts writes. @throws LabError (run failed) when no standby can take over
 */
export async function failOver(old: string, options: FailoverOptions): Promise<Failover> {
  const { control, onEvent, signal, beforeStep, ready: cluster = new Cluster() } = options
  await beforeStep?.({ title: `fence ${old}`, statement: `forbid ${old} to start, and kill it` })
  try {
    const asking = asked(old, cluster, control, beforeStep === undefined)
    await asking.successor
    await fence(old, 'a standby takes its place', control)
    onEvent('fenced', old, 'forbidden to start, and killed')

    const states = await drained(cluster, await asking.states)
    const choice = chooseStandby(
      states.filter(({ recovery }) => recovery),
      old,
    )
    const chosen = choice === null ? undefined : cluster.server(choice.id)
    if (choice === null || chosen === undefined) {
      throw nobodyFor(old, states)
    }
    const silent = others(cluster, old).filter((id) => !states.some((state) => state.id === id))
    onEvent(
      'chosen',
      choice.id,
      `${choice.why}${silent.length === 0 ? '' : `; ${silent.join(' and ')} could not be asked`}`,
    )

    const slots = slotsOn(choice.id, cluster)
    await beforeStep?.({
      title: `promote ${choice.id}`,
      statement: [...slots.map((slot) => `SELECT pg_create_physical_replication_slot('${slot}')`), PROMOTE].join('; '),
    })
    const state = states.find(({ id }) => id === choice.id)
    await (asking.slotted.get(choice.id) ?? chosen.ensureSlots(slots, 'renew'))
    const siblings = states.filter(({ id }) => id !== choice.id).map(({ id }) => id)
    const promoting = chosen.promote(PROMOTE_MS, signal)
    promoting.catch(() => {})
    // At once, beside the promotion: in a synchronous mode the new primary can acknowledge nothing without them.
    const following = beforeStep === undefined ? repoint(siblings, choice.id, cluster) : Promise.resolve(undefined)
    following.catch(() => {})
    const timeline = await promoting
    control.tell()
    onEvent('promoted', choice.id, `timeline ${timeline}`)
    if (beforeStep !== undefined) {
      for (const id of siblings) {
        const { host, port } = cluster.member(choice.id).inside
        await beforeStep({
          title: `point ${id} at ${choice.id}`,
          statement: `ALTER SYSTEM SET primary_conninfo = 'host=${host} port=${port} ...'; SELECT pg_reload_conf()`,
        })
        await repoint([id], choice.id, cluster)
      }
    }
    return {
      promoted: choice.id,
      divergedSince: divergedSince(state ?? null),
      siblings: following
        .then(() => control.write(choice.id, UNMARKED))
        .then(() => siblingsStream(chosen, siblings, onEvent, signal))
        .finally(() => cluster.close()),
    }
  } catch (error) {
    cluster.close()
    throw error instanceof LabError || signal.aborted
      ? error
      : runError(
          `the failover stopped half-way: ${error instanceof Error ? error.message : error}`,
          'Take it up where it stands: scalelab failover --resume',
        )
  }
}

/** In a node's folder while it must not start: boot.sh looks for it. */
export const FENCED_FILE = 'fenced'

/** What a primary must not have beside it: whom to follow, or a reason not to start, of a command that ended half-way. */
export const UNMARKED = { follow: null, fenced: null }

/** Forbids a node to start and kills it, whatever state it is in; done when both are: a kill alone a restart would undo. */
export async function fence(node: string, reason: string, control: NodeControl): Promise<void> {
  await Promise.all([control.write(node, { [FENCED_FILE]: `${reason}\n` }), control.kill(node)])
}

/**
 * Brings a server back as a standby of the primary: with pg_rewind or a fresh copy, as boot.sh decides. Returns when it
 * streams.
 * @param divergedSince rows that it wrote since then are kept beside its data first (DIVERGED_FILE); null: none are
 */
export async function rejoin(
  node: string,
  how: 'auto' | 'copy',
  divergedSince: string | null,
  control: NodeControl,
  signal: AbortSignal,
): Promise<void> {
  const cluster = new Cluster(await control.members())
  try {
    const primary = await cluster.primary()
    if (primary === null) throw cluster.noPrimary(`${node} cannot come back before there is one`)
    const { host, port } = cluster.member(primary.id).inside
    const lines = [
      `FOLLOW_HOST='${host}'`,
      `FOLLOW_PORT='${port}'`,
      `HOW='${how}'`,
      ...(divergedSince === null ? [] : [`SINCE='${divergedSince}'`]),
    ]
    const slot = slotName(node)
    // What was a primary is rewound or copied in any case; a standby is only pointed at its primary.
    const follows = how === 'auto' && (await control.read(node, STANDBY_SIGNAL)) !== null
    if (follows && (await primary.starves(slot, null))) throw cannotCatchUp(node, primary.id)
    await primary.ensureSlots([slot], 'renew')
    await control.write(node, { follow: `${lines.join('\n')}\n` })
    await control.restart(node)
    await primary.untilStreaming([node], STREAM_MS, signal).catch(async (error: unknown) => {
      throw (await lacksWal(node, primary, control)) ? cannotCatchUp(node, primary.id) : error
    })
  } finally {
    cluster.close()
  }
}

/** Below the data folder of a server that is, or was, a standby. */
export const STANDBY_SIGNAL = 'pgdata/standby.signal'

/** For a standby that needs WAL which nobody has any more. */
export function cannotCatchUp(node: string, primary: string): LabError {
  return runError(
    `${node} cannot catch up: ${primary} no longer has the WAL that it needs`,
    `Give it a fresh copy: scalelab failover ${node} --reclone`,
  )
}

async function lacksWal(node: string, primary: DatabaseServer, control: NodeControl): Promise<boolean> {
  const cluster = new Cluster(await control.members())
  try {
    const state = await cluster.server(node)?.state()
    return state?.recovery === true && (await primary.starves(slotName(node), state.position))
  } catch {
    return false
  } finally {
    cluster.close()
  }
}

/** Below the data folder of a server that came back: one JSON object per row of `requests` that it alone may have had. */
export const DIVERGED_FILE = 'diverged.ndjson'

async function repoint(siblings: readonly string[], primary: string, cluster: Cluster): Promise<void> {
  const { inside } = cluster.member(primary)
  await Promise.all(siblings.map(async (id) => cluster.server(id)?.follow(inside)))
}

async function siblingsStream(
  primary: DatabaseServer,
  siblings: readonly string[],
  onEvent: FailoverOptions['onEvent'],
  signal: AbortSignal,
): Promise<void> {
  for (const id of siblings) {
    await primary.untilStreaming([id], STREAM_MS, signal)
    onEvent('sibling streaming', id, `from ${primary.id}`)
  }
}

function divergedSince(state: ServerState | null): string {
  const last = state?.lastReplayedAt
  const moment =
    last === null || last === undefined ? Date.now() - DIVERGED_LONGEST_MS : Date.parse(last) - DIVERGED_MARGIN_MS
  return new Date(moment).toISOString()
}

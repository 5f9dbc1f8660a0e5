import { LabError, runError } from '../core/errors.js'
import type { DrillEventName } from '../core/trial.js'
import { chooseStandby } from './choose.js'
import { Cluster } from './cluster.js'
import type { NodeControl } from './port.js'
import { type DatabaseServer, type ServerState, until } from './server.js'

/** How long a standby that runs may take to say what it has, in milliseconds: it may have more than the others. */
const ANSWER_MS = 1_000
/** How long the WAL receivers may take to read what the old primary still had sent, in milliseconds. */
const DRAIN_MS = 100
const PROMOTE = 'SELECT pg_promote(wait => false)'
const PROMOTE_MS = 10_000
const STREAM_MS = 20_000
/** Rows that the old primary wrote so long before the last one that was replicated are looked at, too. */
const DIVERGED_MARGIN_MS = 5_000
/** Where nothing tells when the last commit was replicated: rows of the last hour. */
const DIVERGED_LONGEST_MS = 3_600_000

/** A step that is about to be done, in words, with the statement or operation it consists of. */
export interface Step {
  title: string
  statement: string
}

export interface FailoverOptions {
  control: NodeControl
  onEvent: (event: DrillEventName, node: string | null, detail: string | null) => void
  /** Asked before every step; a failover by hand waits here. */
  beforeStep?: (step: Step) => Promise<void>
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
 * Makes ready for a failover that may come: a connection to every server but the primary, over which all that will be
 * asked has been asked once (a new session reads its catalogue first), and the slots that the others would need there. A
 * server that does not answer is asked again when it is needed.
 */
export async function readied(primary: string, control: NodeControl): Promise<Cluster> {
  const cluster = new Cluster()
  const { states, slotted } = asked(primary, cluster, control)
  await states
  await Promise.allSettled(slotted.values())
  return cluster
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

/**
 * Asks every server but the old primary: over the connections that there are at once, and all others that run by now.
 * `successor` settles as soon as one answers that could take its place, and rejects when none does. `slotted` has the
 * standbys that answered, and settles for each when it has slots for all other servers.
 * @param slots false: none are made
 */
function asked(
  old: string,
  cluster: Cluster,
  control: Pick<NodeControl, 'members'>,
  slots = true,
): { successor: Promise<void>; states: Promise<ServerState[]>; slotted: ReadonlyMap<string, Promise<void>> } {
  let found = (): void => {}
  const first = new Promise<void>((resolve) => {
    found = resolve
  })
  const slotted = new Map<string, Promise<void>>()
  const answered = (state: ServerState): void => {
    if (!state.recovery) return
    if (chooseStandby([state], old) !== null) found()
    const server = cluster.server(state.id)
    if (!slots || server === undefined) return
    // Nobody follows it yet: slots that were given up are of another time.
    const made = server.ensureSlots(slotsOn(state.id, cluster), 'renew')
    made.catch(() => {})
    slotted.set(state.id, made)
  }
  const ask = (of: (id: string) => boolean): Promise<ServerState[]> =>
    cluster.states((id) => id !== old && of(id), ANSWER_MS, answered)
  const connected = cluster.ids.filter((id) => cluster.server(id) !== undefined)
  const early = ask((id) => connected.includes(id))
  // Looked at now: minutes may have passed, and one that was away may have more than the others.
  const late = control.members().then((members) => {
    cluster.see(members)
    return ask((id) => !connected.includes(id))
  })
  const states = Promise.all([early, late]).then((parts) => parts.flat().filter(({ id }) => cluster.server(id)))
  // Others may take longer than the first.
  const none = states.then((all) => {
    const standbys = all.filter(({ recovery }) => recovery)
    if (chooseStandby(standbys, old) === null) throw nobodyFor(old, all)
  })
  const successor = Promise.race([first, none])
  // Where a failover is only expected nobody waits for it.
  successor.catch(() => {})
  return { successor, states, slotted }
}

function slotsOn(id: string, cluster: Cluster): string[] {
  return others(cluster, id).map(slotName)
}

/** Every server but one. */
function others({ ids }: Cluster, than: string): string[] {
  return ids.filter((id) => id !== than)
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

/** Name of the slot that a server uses at whichever server it follows. */
export function slotName(id: string): string {
  return id.replaceAll('-', '_')
}

/** The states of those that answered, once none of them receives any more from the old primary. */
async function drained(cluster: Cluster, answered: readonly ServerState[]): Promise<ServerState[]> {
  const known = new Map(answered.map((state) => [state.id, state]))
  await until(
    async () => {
      for (const state of await cluster.states((id) => known.has(id))) known.set(state.id, state)
      return ![...known.values()].some(({ receiving }) => receiving)
    },
    'drained',
    DRAIN_MS,
    new AbortController().signal,
  ).catch(() => undefined) // it is dead all the same: what has been received by now is what there is
  return [...known.values()]
}

function nobodyFor(old: string, others: readonly ServerState[]): LabError {
  const [one] = others
  const why =
    one === undefined
      ? 'none answers'
      : `none of those that commits waited for answers (${one.synchronousStandbyNames})`
  return runError(
    `no standby can take the place of ${old}: ${why}`,
    'Start one: scalelab ps shows the nodes. Then scalelab failover --resume',
  )
}

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

import { setTimeout as sleep } from 'node:timers/promises'
import { type LabError, runError } from '../core/errors.js'
import { chooseStandby } from './choose.js'
import { Cluster } from './cluster.js'
import type { NodeControl } from './port.js'
import { type ServerState, until } from './server.js'

/** How long a standby that runs may take to say what it has, in milliseconds: it may have more than the others. */
const ANSWER_MS = 1_000
/** How long the WAL receivers may take to read what the old primary still had sent, in milliseconds. */
const DRAIN_MS = 100
/** Servers that are asked over connections that are there answer within this, in milliseconds, if they work at all. */
const PROMPT_MS = 50

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
 * Asks every server but the old primary: over the connections that there are at once, and all others that run by now.
 * `successor` settles as soon as one answers that could take its place, and rejects when none does. `slotted` has the
 * standbys that answered, and settles for each when it has slots for all other servers.
 * @param slots false: none are made
 */
export function asked(
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
  const connected = others(cluster, old).filter((id) => cluster.server(id) !== undefined)
  const early = ask((id) => connected.includes(id))
  const everybody = async (): Promise<ServerState[]> => {
    const known = cluster.ids.length === 0 ? [] : await Promise.race([early, sleep(PROMPT_MS, [])])
    // An engine takes its time, and has nothing to add where every server has spoken.
    if (known.length > 0 && known.length === others(cluster, old).length) return known
    // Looked at now: minutes may have passed, and one that was away may have more than the others.
    cluster.see(await control.members())
    return [...(await early), ...(await ask((id) => !connected.includes(id)))].filter(({ id }) => cluster.server(id))
  }
  const states = everybody()
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

/** The slots that a server has for all the others. */
export function slotsOn(id: string, cluster: Cluster): string[] {
  return others(cluster, id).map(slotName)
}

/** Every server but one. */
export function others({ ids }: Cluster, than: string): string[] {
  return ids.filter((id) => id !== than)
}

/** Name of the slot that a server uses at whichever server it follows. */
export function slotName(id: string): string {
  return id.replaceAll('-', '_')
}

/** The states of those that answered, once none of them receives any more from the old primary. */
export async function drained(cluster: Cluster, answered: readonly ServerState[]): Promise<ServerState[]> {
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

/** What to say when none of those that answered may be promoted. */
export function nobodyFor(old: string, others: readonly ServerState[]): LabError {
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

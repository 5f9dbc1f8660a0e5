import { LabError, runError } from '../core/errors.js'
import { Cluster, primaryOf, refusalHint, refusalOf } from './cluster.js'
import {
  cannotCatchUp,
  type FailoverOptions,
  FENCED_FILE,
  failOver,
  fence,
  rejoin,
  STANDBY_SIGNAL,
  UNMARKED,
} from './failover.js'
import type { NoAnswer } from './outcome.js'
import type { NodeControl } from './port.js'
import { revive } from './revive.js'
import type { DatabaseServer, ServerState } from './server.js'
import { slotName } from './standbys.js'
import { broughtBack, type HealingStep, recorded } from './steps.js'

/** How long a standby that runs may take to stream by itself before it is brought back, in milliseconds. */
const BY_ITSELF_MS = 1_000
/** Rows of the last hour are looked at when it is not known since when a server has been on its own. */
const DIVERGED_MS = 3_600_000

/**
 * Brings a cluster into its right shape from whatever state it is in: one primary, everything else streaming from it.
 * Looks at what is, and does what is missing; so it also takes up what another command left half-done, at any step.
 *
 * - a server that lives and refuses us is never touched; where it may be the primary, nothing is;
 * - no primary: what is frozen or stopped of the others is started, then whoever the standbys follow is fenced and the
 *   best of them promoted; where none answers, the last primary is started again;
 * - several: the one with the highest timeline stays, the others are fenced and become standbys;
 * - a standby that is stopped or frozen, or follows somebody else, comes back as a standby of the primary.
 * @param done takes up what is done, as it is done; it holds whatever happens. Empty in the end when all was well
 * @throws LabError (run failed) when there is nothing to make a primary of, or when a standby does not come back: the
 * others have been seen to by then
 */
export async function heal(asked: FailoverOptions, done: HealingStep[]): Promise<void> {
  const options = { ...asked, control: recorded(asked.control, done) }
  const { control, onEvent, signal } = options
  const problems: Error[] = []
  const cluster = await clusterWithPrimary(options, done)
  try {
    const states = await cluster.patiently()
    const primary = primaryOf(states)
    const server = primary === null ? undefined : cluster.server(primary.id)
    if (primary === null || server === undefined) throw runError('the new primary does not answer')
    await control.write(primary.id, UNMARKED)
    const others = cluster.ids.filter((id) => id !== primary.id)
    await server.ensureSlots(others.map(slotName))
    const streaming = new Set(
      (await server.senders()).flatMap(({ application_name: id, state }) => (state === 'streaming' ? [id] : [])),
    )
    for (const id of others) {
      const state = states.find((candidate) => candidate.id === id)
      try {
        if (state?.recovery && (await streams(state, server, cluster, done, signal))) continue
        const why = cluster.why(id)
        // Whoever streams does its work, too busy for us or not.
        if (state === undefined && why !== undefined && streaming.has(id)) continue
        if (why?.kind === 'refused') throw refusing(id, why)
        if (state?.recovery === false) {
          await fence(id, `${primary.id} is the primary`, control)
          onEvent('fenced', id, `a second primary, on timeline ${state.timeline}`)
        } else if (cluster.member(id).state === 'paused') {
          // What it was when it froze cannot be asked; thawed, it might be a second primary.
          await fence(id, `it was frozen while ${primary.id} is the primary`, control)
          onEvent('fenced', id, 'it was frozen')
        }
        await rejoin(id, 'auto', new Date(Date.now() - DIVERGED_MS).toISOString(), control, signal)
      } catch (error) {
        signal.throwIfAborted()
        problems.push(error instanceof Error ? error : new Error(String(error)))
        continue
      }
      onEvent('old node back', id, `streams from ${primary.id}`)
      broughtBack(done, id, primary.id)
    }
  } finally {
    cluster.close()
  }
  if (problems.length > 0) throw problemOf(problems)
}

/** The cluster, once it has a primary. @throws LabError (run failed) when one that refuses us may be it */
async function clusterWithPrimary(options: FailoverOptions, done: HealingStep[]): Promise<Cluster> {
  const { control } = options
  let states = await statesNow(control)
  if (primaryOf(states) === null) {
    await revive(states, control)
    states = await statesNow(control)
  }
  if (primaryOf(states) === null) {
    const members = await control.members()
    const old = followedBy(states, members)
    if (old === null) {
      const silent = members.filter(({ id, state }) => state === 'running' && !states.some((other) => other.id === id))
      throw runError(
        states.length > 0
          ? 'there is no primary, and whom the standbys follow is not known'
          : silent.length === 0
            ? 'no database server answers, so none can become the primary'
            : `no database server answers, though ${silent.map(({ id }) => id).join(' and ')} ${silent.length === 1 ? 'runs' : 'run'}: none can become the primary`,
        silent.length === 0
          ? 'Start again with a new stack: scalelab down, scalelab up'
          : `It may only be busy: see scalelab logs ${silent[0]?.id}, then again. Otherwise start again with a new stack: scalelab down, scalelab up`,
      )
    }
    const { promoted, siblings } = await failOver(old, options)
    done.push({ did: 'promoted', node: promoted, inPlaceOf: old })
    await siblings
  }
  return new Cluster(await control.members())
}

/**
 * Of the servers that answer, each asked until it has said what it has to say.
 * @throws LabError (run failed) when one that lives and refuses us may be the primary: it was one, or follows nobody, and
 * nobody took its place. Then nothing may be changed, whatever the others say
 */
async function statesNow(control: NodeControl): Promise<ServerState[]> {
  const members = await control.members()
  const cluster = new Cluster(members)
  try {
    const states = await cluster.patiently()
    const refused = members.flatMap(({ id }) => {
      const why = cluster.why(id)
      return why?.kind === 'refused' ? [{ id, why }] : []
    })
    const followed = followedBy(states, members)
    const maybe: typeof refused = []
    for (const server of refused) {
      const [standby, fenced] = await Promise.all([
        control.read(server.id, STANDBY_SIGNAL),
        control.read(server.id, FENCED_FILE, 'dir'),
      ])
      if (server.id === followed || (standby === null && fenced === null)) maybe.push(server)
    }
    if (maybe.length > 0) {
      throw runError(
        `${maybe.map(({ id, why }) => refusalOf(id, why)).join('; ')}. It may be the primary, so it is left alone`,
        refusalHint(maybe),
      )
    }
    return states
  } finally {
    cluster.close()
  }
}

function refusing(id: string, why: NoAnswer): LabError {
  return runError(`${refusalOf(id, why)}. It is left alone`, refusalHint([{ id, why }]))
}

/** The server that standbys follow, of those that do not answer. */
function followedBy(
  states: readonly ServerState[],
  members: readonly { id: string; inside: { host: string; port: number } }[],
): string | null {
  const silent = members.filter(({ id }) => !states.some((state) => state.id === id))
  const followed = silent.find(({ inside }) =>
    states.some(({ follows }) => follows === `${inside.host}:${inside.port}`),
  )
  return followed?.id ?? null
}

/**
 * Whether a standby that answers streams from the primary, by itself or once it has been pointed there.
 * @throws LabError (run failed) when it never can, because the primary no longer has the WAL that it needs
 */
async function streams(
  { id, position }: ServerState,
  primary: DatabaseServer,
  cluster: Cluster,
  done: HealingStep[],
  signal: AbortSignal,
): Promise<boolean> {
  const soon = (): Promise<boolean> =>
    primary.untilStreaming([id], BY_ITSELF_MS, signal).then(
      () => true,
      () => false,
    )
  if (await soon()) return true
  if (await primary.starves(slotName(id), position)) throw cannotCatchUp(id, primary.id)
  await cluster.server(id)?.follow(cluster.member(primary.id).inside)
  if (!(await soon())) return false
  done.push({ did: 'repointed', node: id, primary: primary.id })
  return true
}

/** One for several, with what to do about each. */
function problemOf(problems: readonly Error[]): Error {
  const [first] = problems
  if (problems.length === 1 && first instanceof LabError) return first
  const hints = problems.flatMap((problem) => (problem instanceof LabError && problem.hint ? [problem.hint] : []))
  return runError(problems.map(({ message }) => message).join('; '), hints.length === 0 ? undefined : hints.join('\n'))
}

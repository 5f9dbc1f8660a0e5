import { LabError, runError } from '../core/errors.js'
import { Cluster, primaryOf } from './cluster.js'
import { cannotCatchUp, type FailoverOptions, failOver, fence, rejoin, slotName, UNMARKED } from './failover.js'
import type { NodeControl } from './port.js'
import { revive } from './revive.js'
import type { DatabaseServer, ServerState } from './server.js'

/** How long a server may take to say how it is: nobody is replaced for being busy, in milliseconds. */
const ANSWER_MS = 2_000
/** How long a standby that runs may take to stream by itself before it is brought back, in milliseconds. */
const BY_ITSELF_MS = 1_000
/** Rows of the last hour are looked at when it is not known since when a server has been on its own. */
const DIVERGED_MS = 3_600_000

/**
 * Brings a cluster into its right shape from whatever state it is in: one primary, everything else streaming from it.
 * Looks at what is, and does what is missing; so it also takes up what another command left half-done, at any step.
 *
 * - no primary: what is frozen or stopped of the others is started, then whoever the standbys follow is fenced and the
 *   best of them promoted; where none answers, the last primary is started again;
 * - several: the one with the highest timeline stays, the others are fenced and become standbys;
 * - a standby that is stopped or frozen, or follows somebody else, comes back as a standby of the primary.
 * @returns what was done, one sentence each; empty when all was well
 * @throws LabError (run failed) when there is nothing to make a primary of, or when a standby does not come back: the
 * others have been seen to by then
 */
export async function heal(options: FailoverOptions): Promise<string[]> {
  const { control, onEvent, signal } = options
  const done: string[] = []
  const problems: Error[] = []
  const cluster = await clusterWithPrimary(options, done)
  try {
    const states = await cluster.states(() => true, ANSWER_MS)
    const primary = primaryOf(states)
    const server = primary === null ? undefined : cluster.server(primary.id)
    if (primary === null || server === undefined) throw runError('the new primary does not answer')
    await control.write(primary.id, UNMARKED)
    const others = cluster.ids.filter((id) => id !== primary.id)
    await server.ensureSlots(others.map(slotName))
    for (const id of others) {
      const state = states.find((candidate) => candidate.id === id)
      try {
        if (state?.recovery && (await streams(state, server, cluster, done, signal))) continue
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
      done.push(`${id} is a standby of ${primary.id} again`)
    }
  } finally {
    cluster.close()
  }
  if (problems.length > 0) throw problemOf(problems)
  return done
}

/** The cluster, once it has a primary. */
async function clusterWithPrimary(options: FailoverOptions, done: string[]): Promise<Cluster> {
  const { control } = options
  let states = await statesNow(control)
  if (primaryOf(states) === null) {
    done.push(...(await revive(states, control)))
    states = await statesNow(control)
  }
  if (primaryOf(states) === null) {
    const old = followedBy(states, await control.members())
    if (old === null) {
      throw runError(
        states.length === 0
          ? 'no database server answers, so none can become the primary'
          : 'there is no primary, and whom the standbys follow is not known',
        'Start again with a new stack: scalelab down, scalelab up. Nothing was changed',
      )
    }
    const { promoted, siblings } = await failOver(old, options)
    await siblings
    done.push(`${promoted} became the primary in place of ${old}`)
  }
  return new Cluster(await control.members())
}

async function statesNow(control: NodeControl): Promise<ServerState[]> {
  const cluster = new Cluster(await control.members())
  return cluster.states(() => true, ANSWER_MS).finally(() => cluster.close())
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
  done: string[],
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
  done.push(`${id} follows ${primary.id}`)
  return true
}

/** One for several, with what to do about each. */
function problemOf(problems: readonly Error[]): Error {
  const [first] = problems
  if (problems.length === 1 && first instanceof LabError) return first
  const hints = problems.flatMap((problem) => (problem instanceof LabError && problem.hint ? [problem.hint] : []))
  return runError(problems.map(({ message }) => message).join('; '), hints.length === 0 ? undefined : hints.join('\n'))
}

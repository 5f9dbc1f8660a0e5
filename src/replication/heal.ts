import { runError } from '../core/errors.js'
import { Cluster, primaryOf } from './cluster.js'
import { type FailoverOptions, failOver, fence, rejoin } from './failover.js'
import type { ServerState } from './server.js'

/** How long a standby that runs may take to stream by itself before it is brought back, in milliseconds. */
const BY_ITSELF_MS = 1_000

/**
 * Brings a cluster into its right shape from whatever state it is in: one primary, everything else streaming from it.
 * Looks at what is, and does what is missing; so it also takes up what another command left half-done, at any step.
 *
 * - no primary: whoever the standbys follow is fenced and the best of them promoted; where there is no standby either,
 *   nothing is touched;
 * - several: the one with the highest timeline stays, the others are fenced and become standbys;
 * - a standby that is stopped or frozen, or follows somebody else, comes back as a standby of the primary.
 * @returns what was done, one sentence each; empty when all was well
 * @throws LabError (run failed) when there is nothing to make a primary of
 */
export async function heal(options: FailoverOptions): Promise<string[]> {
  const { control, onEvent, signal } = options
  const done: string[] = []
  let cluster = new Cluster(await control.members())
  try {
    let states = await cluster.states()
    if (primaryOf(states) === null) {
      const old = followedBy(states, cluster)
      if (states.length === 0 || old === null) {
        throw runError(
          'no database server answers, so none can become the primary',
          'Start again with a new stack: scalelab down, scalelab up. Nothing was changed',
        )
      }
      const { promoted, siblings } = await failOver(old, options)
      await siblings
      done.push(`${promoted} became the primary in place of ${old}`)
      cluster.close()
      cluster = new Cluster(await control.members())
      states = await cluster.states()
    }
    const primary = primaryOf(states)
    const server = primary === null ? undefined : cluster.server(primary.id)
    if (primary === null || server === undefined) throw runError('the new primary does not answer')
    await server.ensureSlots(cluster.ids.filter((id) => id !== primary.id).map((id) => id.replaceAll('-', '_')))
    for (const id of cluster.ids.filter((id) => id !== primary.id)) {
      const state = states.find((candidate) => candidate.id === id)
      if (state !== undefined && !state.recovery) {
        await fence(id, `${primary.id} is the primary`, control)
        onEvent('fenced', id, `a second primary, on timeline ${state.timeline}`)
      } else if (state !== undefined) {
        if (await streams(id, server, signal)) continue
        const { inside } = cluster.member(primary.id)
        await cluster.server(id)?.follow(inside)
        if (await streams(id, server, signal)) {
          done.push(`${id} follows ${primary.id}`)
          continue
        }
      } else if (cluster.member(id).state === 'paused') {
        // What it was when it froze cannot be asked; thawed, it might be a second primary.
        await fence(id, `it was frozen while ${primary.id} is the primary`, control)
        onEvent('fenced', id, 'it was frozen')
      }
      await rejoin(id, 'auto', new Date(Date.now() - 3_600_000).toISOString(), control, signal)
      onEvent('old node back', id, `streams from ${primary.id}`)
      done.push(`${id} is a standby of ${primary.id} again`)
    }
    return done
  } finally {
    cluster.close()
  }
}

/** The server that standbys follow, or the only one that does not answer. */
function followedBy(states: readonly ServerState[], cluster: Cluster): string | null {
  for (const { follows } of states) {
    const id = cluster.ids.find((candidate) => {
      const { host, port } = cluster.member(candidate).inside
      return `${host}:${port}` === follows
    })
    if (id !== undefined) return id
  }
  return null
}

async function streams(
  id: string,
  primary: { untilStreaming(ids: string[], timeoutMs: number, signal: AbortSignal): Promise<void> },
  signal: AbortSignal,
): Promise<boolean> {
  return primary.untilStreaming([id], BY_ITSELF_MS, signal).then(
    () => true,
    () => false,
  )
}

import type { DatabaseView } from '../../core/database-view.js'
import type { Stack } from '../../engines/port.js'
import { Cluster, primaryOf } from '../../replication/cluster.js'
import { FENCED_FILE } from '../../replication/failover.js'
import { refusalOf } from '../../replication/outcome.js'
import type { Member } from '../../replication/port.js'
import type { ServerState } from '../../replication/server.js'
import type { LabContext } from '../context.js'
import { membersOf } from './databases.js'

/**
 * What the database servers of a stack are now, by id; asked all at once, and one that is dead or frozen holds nobody up
 * for longer than the cluster waits (300 ms). Empty for a stack without databases.
 */
export async function databaseViews(lab: LabContext, stack: Stack): Promise<Map<string, DatabaseView>> {
  const members = await membersOf(lab, stack)
  if (members.length === 0) return new Map()
  const cluster = new Cluster(members)
  try {
    const [states, fences] = await Promise.all([
      cluster.states(),
      Promise.all(members.map(({ id }) => stack.read(id, FENCED_FILE, 'dir'))),
    ])
    const refusals = new Map<string, string>()
    for (const { id } of members) {
      const refusal = refusalOf(cluster.why(id))
      if (refusal !== null) refusals.set(id, refusal)
    }
    return new Map(members.map(({ id }, index) => [id, viewOf(id, states, members, fences[index] !== null, refusals)]))
  } finally {
    cluster.close()
  }
}

/**
 * @param states of the servers that answered
 * @param refusals what those said that live and did not
 */
export function viewOf(
  id: string,
  states: readonly ServerState[],
  members: readonly Member[],
  fenced: boolean,
  refusals: ReadonlyMap<string, string> = new Map(),
): DatabaseView {
  const state = states.find((candidate) => candidate.id === id)
  if (state === undefined) {
    const refusal = refusals.get(id) ?? null
    return { role: null, timeline: null, streaming: null, follows: null, fenced, refusal }
  }
  const { recovery, timeline, receiving } = state
  if (!recovery) {
    const role = primaryOf(states)?.id === id ? 'primary' : 'old-primary'
    return { role, timeline, streaming: null, follows: null, fenced, refusal: null }
  }
  const follows = members.find(({ inside }) => `${inside.host}:${inside.port}` === state.follows)?.id ?? null
  // A receiver of a frozen server believes that it streams until its own time-out.
  const lives = follows !== null && (states.some((other) => other.id === follows) || refusals.has(follows))
  return { role: 'standby', timeline, streaming: receiving && lives, follows, fenced, refusal: null }
}

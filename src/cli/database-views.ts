import type { DatabaseView } from '../core/database-view.js'
import type { Stack } from '../engines/port.js'
import { Cluster, primaryOf } from '../replication/cluster.js'
import { FENCED_FILE } from '../replication/failover.js'
import type { Member } from '../replication/port.js'
import type { ServerState } from '../replication/server.js'
import { membersOf } from './databases.js'
import type { Lab } from './lab.js'

/**
 * What the database servers of a stack are now, by id; asked all at once, and one that is dead or frozen holds nobody up
 * for longer than the cluster waits (300 ms). Empty for a stack without databases.
 */
export async function databaseViews(lab: Lab, stack: Stack): Promise<Map<string, DatabaseView>> {
  const members = await membersOf(lab, stack)
  if (members.length === 0) return new Map()
  const cluster = new Cluster(members)
  try {
    const [states, fences] = await Promise.all([
      cluster.states(),
      Promise.all(members.map(({ id }) => stack.read(id, FENCED_FILE, 'dir'))),
    ])
    return new Map(members.map(({ id }, index) => [id, viewOf(id, states, members, fences[index] !== null)]))
  } finally {
    cluster.close()
  }
}

/** @param states of the servers that answered */
export function viewOf(
  id: string,
  states: readonly ServerState[],
  members: readonly Member[],
  fenced: boolean,
): DatabaseView {
  const state = states.find((candidate) => candidate.id === id)
  if (state === undefined) return { role: null, timeline: null, streaming: null, follows: null, fenced }
  const { recovery, timeline, receiving } = state
  if (!recovery) {
    const role = primaryOf(states)?.id === id ? 'primary' : 'old-primary'
    return { role, timeline, streaming: null, follows: null, fenced }
  }
  const follows = members.find(({ inside }) => `${inside.host}:${inside.port}` === state.follows)?.id ?? null
  // A receiver of a frozen server believes that it streams until its own time-out.
  const streaming = receiving && states.some((other) => other.id === follows)
  return { role: 'standby', timeline, streaming, follows, fenced }
}

import { DATABASE_NAME, DATABASE_ROLES } from '../core/databases-file.js'
import type { NodeStatus } from '../core/stack.js'
import type { Stack } from '../engines/port.js'
import type { Member, NodeControl } from '../replication/port.js'
import type { Endpoint } from '../replication/session.js'
import type { ShardControl } from '../sharding/fleet.js'
import type { Lab } from './lab.js'

/** Whether the databases of a stack are shards: none follows another, and none may take another's place. */
export function isSharded({ meta }: Stack): boolean {
  return meta.parameters.kind === 'sharded'
}

/**
 * A primary and its standbys, as the stack's engine knows them now; none where it has no databases, or shards: a healing
 * would take every shard but one for an old primary.
 */
export async function membersOf(lab: Lab, stack: Stack): Promise<Member[]> {
  return isSharded(stack) ? [] : serversOf(lab, stack)
}

/** The shards of a stack that can be reached; none where it is not sharded. */
export async function shardsOf(lab: Lab, stack: Stack): Promise<Endpoint[]> {
  return isSharded(stack) ? reachable(await serversOf(lab, stack)) : []
}

/** Every database server of a stack, whatever its part. */
export async function serversOf(lab: Lab, stack: Stack): Promise<Member[]> {
  const nodes = (await stack.nodes()).filter(({ role }) => role === 'database')
  if (nodes.length === 0) return []
  const password = await lab.secret(DATABASE_ROLES.admin)
  return nodes.map((node) => {
    const [host = '', port = ''] = (node.internalAddresses[0] ?? '').split(':')
    return {
      id: node.id,
      state: node.state,
      endpoint: endpointOf(node, password),
      inside: { host, port: Number(port) },
    }
  })
}

/** Those of a primary and its standbys that can be reached, for probes. */
export async function endpointsOf(lab: Lab, stack: Stack): Promise<Endpoint[]> {
  return reachable(await membersOf(lab, stack))
}

function reachable(members: readonly Member[]): Endpoint[] {
  return members.flatMap(({ endpoint }) => (endpoint === null ? [] : [endpoint]))
}

/** What replication may do to the nodes of a stack. */
export function controlOf(lab: Lab, stack: Stack): NodeControl {
  return {
    members: () => membersOf(lab, stack),
    kill: (node) => stack.kill(node),
    restart: (node) => stack.restart(node),
    resume: (node) => stack.resume(node),
    write: (node, files) => stack.write(node, files),
    read: (node, path, below) => stack.read(node, path, below),
  }
}

/** The same of shards. */
export function shardControlOf(lab: Lab, stack: Stack): ShardControl {
  return { members: async () => (isSharded(stack) ? serversOf(lab, stack) : []) }
}

function endpointOf({ id, url }: NodeStatus, password: string): Endpoint | null {
  if (url === null) return null
  const { hostname, port } = new URL(url)
  return { id, host: hostname, port: Number(port), user: DATABASE_ROLES.admin, password, database: DATABASE_NAME }
}

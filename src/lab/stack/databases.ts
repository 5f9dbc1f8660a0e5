import { request } from 'node:http'
import { DATABASE_NAME, DATABASE_ROLES, LOOK_PATH } from '../../core/databases-file.js'
import type { NodeStatus } from '../../core/stack.js'
import type { Stack } from '../../engines/port.js'
import type { Member, NodeControl } from '../../replication/port.js'
import type { Endpoint } from '../../replication/session.js'
import type { ShardControl } from '../../sharding/fleet.js'
import type { LabContext } from '../context.js'

/** Whether the databases of a stack are shards: none follows another, and none may take another's place. */
export function isSharded({ meta }: Stack): boolean {
  return meta.parameters.kind === 'sharded'
}

/**
 * A primary and its standbys, as the stack's engine knows them now; none where it has no databases, or shards: a healing
 * would take every shard but one for an old primary.
 */
export async function membersOf(lab: LabContext, stack: Stack): Promise<Member[]> {
  return isSharded(stack) ? [] : serversOf(lab, stack)
}

/** The shards of a stack that can be reached; none where it is not sharded. */
export async function shardsOf(lab: LabContext, stack: Stack): Promise<Endpoint[]> {
  return isSharded(stack) ? reachable(await serversOf(lab, stack)) : []
}

/** Every database server of a stack, whatever its part. */
export async function serversOf(lab: LabContext, stack: Stack): Promise<Member[]> {
  return serversAmong(lab, await stack.nodes())
}

async function serversAmong(lab: LabContext, nodes: readonly NodeStatus[]): Promise<Member[]> {
  const servers = nodes.filter(({ role }) => role === 'database')
  if (servers.length === 0) return []
  const password = await lab.secret(DATABASE_ROLES.admin)
  return servers.map((node) => {
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
export async function endpointsOf(lab: LabContext, stack: Stack): Promise<Endpoint[]> {
  return reachable(await membersOf(lab, stack))
}

function reachable(members: readonly Member[]): Endpoint[] {
  return members.flatMap(({ endpoint }) => (endpoint === null ? [] : [endpoint]))
}

/** How long an API instance may take to hear of a new primary, in milliseconds. */
const TOLD_MS = 1_000

/** What replication may do to the nodes of a stack. */
export function controlOf(lab: LabContext, stack: Stack): NodeControl {
  /** As they were when the members were last asked for: at a promotion there is no time to look. */
  let instances: string[] = []
  return {
    async members() {
      const nodes = await stack.nodes()
      const ours = stack.meta.parameters.app === null
      instances = nodes.flatMap(({ role, url }) => (ours && role === 'api' && url !== null ? [url] : []))
      return isSharded(stack) ? [] : serversAmong(lab, nodes)
    },
    tell() {
      for (const url of instances) {
        // Whoever does not hear it finds out by itself.
        const told = request(new URL(LOOK_PATH, url), { method: 'POST', agent: false, timeout: TOLD_MS })
        told.on('response', (response) => response.resume())
        told.on('timeout', () => told.destroy())
        told.on('error', () => undefined)
        told.end()
      }
    },
    kill: (node) => stack.kill(node),
    restart: (node) => stack.restart(node),
    resume: (node) => stack.resume(node),
    write: (node, files) => stack.write(node, files),
    read: (node, path, below) => stack.read(node, path, below),
  }
}

/** The same of shards. */
export function shardControlOf(lab: LabContext, stack: Stack): ShardControl {
  return { members: async () => (isSharded(stack) ? serversOf(lab, stack) : []) }
}

function endpointOf({ id, url }: NodeStatus, password: string): Endpoint | null {
  if (url === null) return null
  const { hostname, port } = new URL(url)
  return { id, host: hostname, port: Number(port), user: DATABASE_ROLES.admin, password, database: DATABASE_NAME }
}

import { DATABASE_NAME, DATABASE_ROLES } from '../core/databases-file.js'
import type { NodeStatus } from '../core/stack.js'
import type { Stack } from '../engines/port.js'
import type { Member, NodeControl } from '../replication/port.js'
import type { Endpoint } from '../replication/session.js'
import type { Lab } from './lab.js'

/** The database servers of a stack, as its engine knows them now; none where it has no databases. */
export async function membersOf(lab: Lab, stack: Stack): Promise<Member[]> {
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

/** Those that can be reached, for probes. */
export async function endpointsOf(lab: Lab, stack: Stack): Promise<Endpoint[]> {
  return (await membersOf(lab, stack)).flatMap(({ endpoint }) => (endpoint === null ? [] : [endpoint]))
}

/** What replication may do to the nodes of a stack. */
export function controlOf(lab: Lab, stack: Stack): NodeControl {
  return {
    members: () => membersOf(lab, stack),
    kill: (node) => stack.kill(node),
    restart: (node) => stack.restart(node),
    resume: (node) => stack.resume(node),
    write: (node, files) => stack.write(node, files),
    read: (node, path) => stack.read(node, path),
  }
}

function endpointOf({ id, url }: NodeStatus, password: string): Endpoint | null {
  if (url === null) return null
  const { hostname, port } = new URL(url)
  return { id, host: hostname, port: Number(port), user: DATABASE_ROLES.admin, password, database: DATABASE_NAME }
}

import { hostInUrl } from '../../core/host.js'
import type { AddressBook } from '../../core/references.js'
import type { StackRecord } from '../../core/stack-folders.js'
import { type NodeSpec, nodeOf, type Topology } from '../../core/topology.js'

const LOOPBACK = '127.0.0.1'
/** Where a node that listens on every address is reached from this machine. */
const HERE: Readonly<Record<string, string>> = { '0.0.0.0': LOOPBACK, '::': '::1' }

/** Where a node listens: beyond loopback only when the user asked for that, and then only the way in. */
export function listenHost(node: NodeSpec, topology: Topology, publishHost: string): string {
  const published = node.id === topology.entry.node || Object.keys(node.publish).length > 0
  return published ? publishHost : LOOPBACK
}

/** "host:port" at which a node of this machine is reached, an IPv6 address in brackets. @throws Error when the node has no such port */
export function addressOf(record: StackRecord, id: string, port: string): string {
  const host = listenHost(nodeOf(record.topology, id), record.topology, record.publishHost)
  return `${hostInUrl(HERE[host] ?? host)}:${portOf(record, id, port)}`
}

/** The port of a node that clients use: the stack's entry, or where it tells that it is ready. */
export function clientPort(record: StackRecord, node: NodeSpec): string {
  return node.id === record.topology.entry.node ? record.topology.entry.port : node.readiness.port
}

/** @param places of the node, and the passwords of roles */
export function addressBook(
  record: StackRecord,
  node: NodeSpec,
  places: Pick<AddressBook, 'dir' | 'data' | 'secret'>,
): AddressBook {
  return {
    host: listenHost(node, record.topology, record.publishHost),
    ...places,
    port: (name) => portOf(record, node.id, name),
    address: (id, port) => addressOf(record, id, port),
  }
}

function portOf(record: StackRecord, id: string, name: string): number {
  const port = record.ports[id]?.[name]
  if (port === undefined) throw new Error(`${id} has no port ${name}`)
  return port
}

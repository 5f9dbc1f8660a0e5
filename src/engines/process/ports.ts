import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { environmentError } from '../../core/errors.js'
import type { NodeSpec } from '../../core/topology.js'
import { portHolder } from './port-holder.js'

export interface PortRange {
  /** Both inclusive. */
  first: number
  last: number
}

const PREFERRED: PortRange = { first: 20_000, last: 32_000 }
/** Fewer ports than this would make two stacks that start together meet. */
const ENOUGH = 1_000

/**
 * Ports that no outgoing connection takes: the load generator opens thousands of those, from the kernel's own range.
 * @param outgoing the kernel's range, undefined when it cannot be read
 */
export function nodePortRange(outgoing: PortRange | undefined): PortRange {
  if (outgoing === undefined || outgoing.first > PREFERRED.last || outgoing.last < PREFERRED.first) return PREFERRED
  const candidates = [
    { first: PREFERRED.first, last: outgoing.first - 1 },
    { first: 10_000, last: outgoing.first - 1 },
    { first: outgoing.last + 1, last: 65_535 },
    { first: 1_024, last: outgoing.first - 1 },
  ]
  return candidates.find(({ first, last }) => last - first + 1 >= ENOUGH) ?? PREFERRED
}

/** The range that this kernel takes ports of outgoing connections from. */
async function outgoingPortRange(): Promise<PortRange | undefined> {
  const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '')
  const match = /^(\d+)\s+(\d+)/.exec(text)
  return match === null ? undefined : { first: Number(match[1]), last: Number(match[2]) }
}

/**
 * A port for each port of these nodes: the published number where there is one, else a free one.
 * @param hostOf where a node listens
 * @param reserved ports of other nodes, which may not run just now
 * @throws LabError (environment) when a published port cannot be had
 */
export async function choosePorts(
  nodes: readonly NodeSpec[],
  hostOf: (node: NodeSpec) => string,
  reserved: Iterable<number>,
): Promise<Record<string, Record<string, number>>> {
  const taken = new Set(reserved)
  const published = nodes.flatMap((node) => Object.values(node.publish).map((port) => ({ node, port })))
  for (const { node, port } of published) {
    await assertFree(hostOf(node), port)
    taken.add(port)
  }
  const range = nodePortRange(await outgoingPortRange())
  const ports: Record<string, Record<string, number>> = {}
  for (const node of nodes) {
    const own: Record<string, number> = {}
    for (const name of Object.keys(node.ports)) {
      own[name] = node.publish[name] ?? (await freePort(hostOf(node), range, taken))
    }
    ports[node.id] = own
  }
  return ports
}

/** A free port from a random place on, which is then among the taken ones. */
async function freePort(host: string, { first, last }: PortRange, taken: Set<number>): Promise<number> {
  const size = last - first + 1
  const start = Math.floor(Math.random() * size)
  for (let i = 0; i < size; i++) {
    const port = first + ((start + i) % size)
    if (taken.has(port)) continue
    const refusal = await bindRefusal(host, port)
    if (refusal !== undefined && refusal !== 'EADDRINUSE' && refusal !== 'EACCES') throw noAddressError(host)
    if (refusal !== undefined) continue
    taken.add(port)
    return port
  }
  throw environmentError(`no free port between ${first} and ${last} on ${host}`, 'See what listens: ss -ltnp')
}

async function assertFree(host: string, port: number): Promise<void> {
  const refusal = await bindRefusal(host, port)
  if (refusal === undefined) return
  if (refusal !== 'EADDRINUSE' && refusal !== 'EACCES') throw noAddressError(host)
  if (refusal === 'EACCES') {
    throw environmentError(`port ${port} needs privileges that this user does not have`, 'Choose another: --port 8080')
  }
  const holder = refusal === 'EADDRINUSE' ? await portHolder(port) : undefined
  throw environmentError(
    `port ${port} on ${host} is taken${holder === undefined ? '' : ` by ${holder}`}`,
    `Choose another one with --port, or end what listens there`,
  )
}

/** Why one cannot listen there (an errno code), undefined when one can. */
function bindRefusal(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

function noAddressError(host: string): Error {
  return environmentError(`this machine has no address ${host} to listen on`, 'See which it has: ip address')
}

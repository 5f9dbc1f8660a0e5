import { randomUUID } from 'node:crypto'
import { environmentError, usageError } from '../../core/errors.js'
import type { StackMeta } from '../../core/stack.js'
import { type NodeSpec, serverOf } from '../../core/topology.js'
import { entryFirst } from '../entry-first.js'
import type { UpEvent, UpRequest } from '../port.js'
import { startAll } from '../start-all.js'
import { commandError, containerAddresses } from './container-options.js'
import { statusOf } from './errors.js'
import { HostPorts } from './host-ports.js'
import { hasImage, neededImages, pullImage } from './images.js'
import { findAll, isEmpty, mark, removeAll } from './inventory.js'
import { containerName, LABEL, projectOf, type StackLabels } from './labels.js'
import { createNetwork, freeAddress } from './network.js'
import { makeNode, type NodeRequest, portCheck, startContainer, type Workshop, waitForNode } from './node.js'
import { Turns } from './turns.js'

/**
 * Brings a stack up: images, network, every container, then each start as its dependencies allow, and at last the mark
 * that it is whole. What was made is taken back by the label of this very call, so also what Docker made while its
 * answer was lost, and never what another command made under the same name.
 * @returns what is kept about the stack; of its resources the mark alone says how long it took to come up
 */
export async function bringUp(workshop: Workshop, request: UpRequest): Promise<StackMeta> {
  const called = performance.now()
  const { docker } = workshop.client
  const { topology, meta, publishHost, signal, onEvent } = request
  const stack: StackLabels = { meta, publishHost, upId: randomUUID(), home: workshop.home }
  const nodes = entryFirst(topology)
  const command = nodes.find((node) => node.program.kind === 'command')
  if (command !== undefined) throw commandError(command)
  const unreachable = whyUnreachable(workshop, publishHost)
  if (unreachable !== null) throw environmentError(unreachable, UNREACHABLE_HINT)
  signal.throwIfAborted()

  if (!isEmpty(await findAll(docker, `${LABEL.stack}=${meta.name}`))) throw existsError(meta.name)
  const ports = new HostPorts(portCheck(workshop.client, publishHost))
  for (const port of nodes.flatMap((node) => Object.values(node.publish))) await ports.claim(port)
  await pullMissing(workshop, nodes, signal, onEvent)
  try {
    const requests = await makeAll(workshop, stack, nodes, topology.entry.port, ports, signal)
    const databases = topology.nodes.filter((node) => serverOf(node) !== undefined)
    // Making a cluster takes longest, and is what all others wait for: they shall not slow it down by starting.
    const turns = new Turns(databases.length > 0 ? 1 : Number.POSITIVE_INFINITY)
    await startAll(
      [...databases, ...topology.nodes.filter((node) => !databases.includes(node))],
      async (spec, either) => {
        const made = requests.get(spec.id)
        if (made === undefined) throw new Error(`no container for ${spec.id}`)
        onEvent({ kind: 'starting', node: spec.id })
        const begun = performance.now()
        const id = await turns.take(() => {
          either.throwIfAborted()
          return startContainer(workshop, made.request, made.id)
        })
        await waitForNode(workshop.client, id, spec, request.readyTimeoutMs, either)
        onEvent({ kind: 'ready', node: spec.id, ms: performance.now() - begun })
      },
      signal,
    )
    const whole = { ...meta, readyMs: Math.round(performance.now() - called) }
    await mark(docker, { ...stack, meta: whole })
    return whole
  } catch (error) {
    await removeAll(docker, `${LABEL.up}=${stack.upId}`).catch((cause: unknown) => {
      onEvent({ kind: 'note', text: `could not take everything back (${cause}): run scalelab clean` })
    })
    throw signal.aborted ? signal.reason : error
  }
}

async function pullMissing(
  { client: { docker }, images }: Workshop,
  nodes: readonly NodeSpec[],
  signal: AbortSignal,
  onEvent: (event: UpEvent) => void,
): Promise<void> {
  await Promise.all(
    neededImages(nodes, images).map(async (needed) => {
      if (await hasImage(docker, needed.image)) return
      await pullImage(docker, needed, signal, (done) => onEvent({ kind: 'pull', image: needed.image, done }))
    }),
  )
}

/** Makes the network and every container; returns when nothing is being made any more, also when one has failed. */
async function makeAll(
  workshop: Workshop,
  stack: StackLabels,
  nodes: readonly NodeSpec[],
  entryPort: string,
  ports: HostPorts,
  signal: AbortSignal,
): Promise<Map<string, { id: string; request: NodeRequest }>> {
  const { meta } = stack
  signal.throwIfAborted()
  const network = await createNetwork(workshop.client.docker, stack).catch(
    takenName(workshop, stack, 'network', projectOf(meta.name)),
  )
  const taken = new Set<string>()
  const placed = nodes.map((spec) => {
    const address = freeAddress(network.subnet, taken)
    taken.add(address)
    return { spec, address }
  })
  const made = new Map<string, { id: string; request: NodeRequest }>()
  const make = async ({ spec, address }: { spec: NodeSpec; address: string }, order: number): Promise<void> => {
    signal.throwIfAborted()
    // The entry is reached where clients go in, other nodes where they are asked whether they are ready.
    const place = { order, address, urlPort: order === 0 ? entryPort : spec.readiness.port }
    const request = {
      stack,
      spec,
      place,
      ports,
      book: containerAddresses(spec, placed, workshop.secret),
      network: network.id,
    }
    const id = await makeNode(workshop, request).catch(
      takenName(workshop, stack, 'container', containerName(meta.name, spec.id)),
    )
    made.set(spec.id, { id, request })
  }
  // Names of containers are unique at the daemon, those of networks only nearly: of two commands that bring up the same
  // stack at the same moment, the one that makes the first container goes on.
  const [first, ...rest] = placed
  if (first !== undefined) await make(first, 0)
  const results = await Promise.allSettled(rest.map((node, index) => make(node, index + 1)))
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return made
}

/** Turns "name already in use" into who uses it. */
function takenName(
  { client: { docker } }: Workshop,
  { meta, upId }: StackLabels,
  kind: 'network' | 'container',
  name: string,
) {
  return async (error: unknown): Promise<never> => {
    if (statusOf(error) !== 409) throw error
    const { containers, networks } = await findAll(docker, `${LABEL.stack}=${meta.name}`)
    if ([...containers, ...networks].some(({ Labels }) => Labels?.[LABEL.up] !== upId)) throw existsError(meta.name)
    const theirs: { inspect(): Promise<unknown> } =
      kind === 'network' ? docker.getNetwork(name) : docker.getContainer(name)
    try {
      await theirs.inspect()
    } catch (cause) {
      // Gone already: it was the draft of another command that brings up the same stack right now.
      throw statusOf(cause) === 404 ? existsError(meta.name) : cause
    }
    throw environmentError(
      `there is a ${kind} named ${name} already, and scalelab did not make it`,
      'Remove or rename it, or choose --name',
    )
  }
}

function existsError(name: string): Error {
  return usageError(
    `there is a stack named "${name}" already`,
    `Use it as it is, take it down (scalelab down ${name}), or bring up another beside it with --name.\nIf \`scalelab ps\` does not show it, it belongs to somebody else who uses this daemon.`,
  )
}

/** Why published ports cannot be reached from here, or null when they can. */
export function whyUnreachable({ client }: Workshop, publishHost: string): string | null {
  if (client.local || !['127.0.0.1', '::1', 'localhost'].includes(publishHost)) return null
  return `the Docker daemon at ${client.host} is on another machine, where ports on ${publishHost} cannot be reached from here`
}

export const UNREACHABLE_HINT =
  'Publish on an address that both machines reach (--host), or use a daemon on this machine'

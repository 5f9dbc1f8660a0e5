import { type LabError, runError } from '../core/errors.js'
import type { StackParameters } from '../core/parameters.js'
import type { NodeStatus } from '../core/stack.js'
import { nodeOf } from '../core/topology.js'
import { joining } from '../topologies/replicated.js'
import { topologyOf } from '../topologies/topology.js'
import type { ActedOn } from './port.js'

/** Ids of the API instances that came and went. */
export interface Reshaped {
  added: string[]
  /** Those that should run and had ended. */
  restarted: string[]
  removed: string[]
}

/**
 * Makes a stack's API instances and its balancer what other parameters say, while it serves: new instances are ready
 * before the balancer learns of them, and it has forgotten old ones before they stop. Databases stay as they are.
 * @param revive whether instances that have ended are started again
 * @throws LabError (run failed) when the balancer heeds no change: the stack is as it was
 */
export async function reshape(on: ActedOn, to: StackParameters, { revive }: { revive: boolean }): Promise<Reshaped> {
  const { stack, signal } = on
  const { name } = stack.meta
  const topology = topologyOf(to)
  const apis = topology.nodes.filter((node) => node.role === 'api')
  const wanted = to.database === null ? apis : apis.map(joining)
  const before = await stack.nodes()
  const heeding = before.find(({ id }) => id === topology.entry.node)
  if (heeding?.state !== 'running' || heeding.headless === true) throw deaf(name, heeding)
  const present = before.filter((node) => node.role === 'api')
  const added = wanted.filter((node) => !present.some(({ id }) => id === node.id))
  const removed = present.flatMap(({ id }) => (wanted.some((node) => node.id === id) ? [] : [id]))
  const dead = present.filter(({ id, state }) => revive && state === 'stopped' && !removed.includes(id))

  const balancerNow = (await stack.specs()).find((spec) => spec.id === topology.entry.node)
  if (balancerNow === undefined) throw new Error(`${name} has no node ${topology.entry.node}`)
  const undo = async (): Promise<void> => {
    await stack.reload(balancerNow)
    const there = (await stack.nodes()).map(({ id }) => id)
    for (const { id } of added) if (there.includes(id)) await stack.remove(id)
  }
  for (const id of [...[...added, ...dead].map((node) => node.id), ...removed]) on.touched.add(id)
  const made = await Promise.allSettled([
    ...added.map((spec) => stack.add(spec)),
    ...dead.map((node) => stack.restart(node.id)),
  ])
  try {
    for (const result of made) if (result.status === 'rejected') throw result.reason
    // The balancer knows nothing of them yet.
    signal.throwIfAborted()
    await stack.reload({ ...balancerNow, files: nodeOf(topology, topology.entry.node).files })
    // What was asked for is not what is: the balancer may not have heeded it.
    const now = await stack.nodes()
    const of = (ids: readonly string[]): NodeStatus[] => now.filter(({ id }) => ids.includes(id))
    const started = [...added, ...dead].map(({ id }) => id)
    heeded(name, await on.requestsReach(heeding.url ?? '', of(started), of(removed)))
  } catch (error) {
    await undo()
    throw error
  }
  on.parameters = to
  for (const id of removed) await stack.remove(id)
  return { added: added.map(({ id }) => id), restarted: dead.map(({ id }) => id), removed }
}

/** @throws LabError (run failed) when requests do not go where they should */
function heeded(name: string, { missing, left }: { missing: string[]; left: string[] }): void {
  const wrong = [
    ...(missing.length === 0 ? [] : [`${missing.join(', ')} got no request`]),
    ...(left.length === 0 ? [] : [`${left.join(', ')} still got requests`]),
  ]
  if (wrong.length === 0) return
  throw runError(
    `the balancer of ${name} does not heed its new list of servers: ${wrong.join('; ')}. The replicas are as they were`,
    `See why: scalelab logs balancer --stack ${name}`,
  )
}

/** The error for a balancer that could be told nothing. */
function deaf(name: string, balancer: NodeStatus | undefined): LabError {
  const why =
    balancer === undefined
      ? 'is gone'
      : balancer.headless === true
        ? 'has lost its main process: what is left of it serves on, and heeds no change'
        : `does not run: ${balancer.state}`
  return runError(
    `the balancer of ${name} ${why}. Nothing was changed`,
    `Start it again with the command that brought the stack up (scalelab up ${name}), then scale`,
  )
}

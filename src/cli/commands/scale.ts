import type { Command } from 'commander'
import { type LabError, runError, usageError } from '../../core/errors.js'
import { MAX_REPLICAS, stackParametersSchema } from '../../core/parameters.js'
import type { NodeStatus } from '../../core/stack.js'
import { nodeOf } from '../../core/topology.js'
import { thawForgotten } from '../../lab/stack/forgotten-faults.js'
import { requestsReach } from '../../lab/stack/requests-reach.js'
import { theStack } from '../../lab/stack/running-stacks.js'
import { shardingNow } from '../../lab/stack/shard-views.js'
import { withLock } from '../../store/lock.js'
import { withReplicaCount } from '../../topologies/api-nodes.js'
import { joining } from '../../topologies/replicated.js'
import { topologyOf } from '../../topologies/topology.js'
import type { Lab } from '../lab.js'
import { number } from '../option-values.js'

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'Adds or removes API instances while the stack runs: new ones are ready before the balancer learns of them, and it forgets old ones before they stop. Databases and shards stay as they are.',
    )
    .argument('<replicas>', 'how many there should be')
    .option('--stack <name>', 'which stack, when several run')
    .option('--json', 'what was changed as JSON')
    .addHelpText('after', '\nExamples:\n  $ scalelab scale 5\n  $ scalelab scale 2 --stack lb-3')
    .action(async (text: string, options: { stack?: string }) => {
      const replicas = number('<replicas>', text, 1, MAX_REPLICAS)
      const { meta } = await theStack(await lab.allEngines(), options.stack)
      await withLock(lab.os.stateDir, meta.name, () => scale(lab, meta.name, replicas))
    })
}

async function scale(lab: Lab, name: string, replicas: number): Promise<void> {
  const stack = await theStack(await lab.allEngines(), name)
  await thawForgotten(lab, stack)
  const parameters = stackParametersSchema.parse(stack.meta.parameters)
  if (parameters.kind === 'single') {
    throw usageError(`${name} has one instance and no balancer`, 'Bring a balanced stack up: scalelab up lb-3')
  }
  const { sharding } = parameters
  const decided = {
    ...withReplicaCount(parameters, replicas),
    // A new instance is told of the shards that there are now, not of those that a migration has removed.
    sharding: sharding && (await shardingNow(lab, stack, sharding)),
  }
  const topology = topologyOf(decided)
  const apis = topology.nodes.filter((node) => node.role === 'api')
  const wanted = parameters.database === null ? apis : apis.map(joining)
  const before = await stack.nodes()
  const heeding = before.find(({ id }) => id === topology.entry.node)
  if (heeding?.state !== 'running' || heeding.headless === true) throw deaf(name, heeding)
  const nodes = before.filter((node) => node.role === 'api')
  const present = nodes.map((node) => node.id)
  const dead = nodes.filter((node) => node.state === 'stopped' && wanted.some((spec) => spec.id === node.id))
  const added = wanted.filter((node) => !present.includes(node.id))
  const removed = present.filter((id) => !wanted.some((node) => node.id === id))

  const balancerNow = (await stack.specs()).find((spec) => spec.id === topology.entry.node)
  if (balancerNow === undefined) throw new Error(`${name} has no node ${topology.entry.node}`)
  const undo = async (): Promise<void> => {
    await stack.reload(balancerNow)
    const there = (await stack.nodes()).map(({ id }) => id)
    for (const { id } of added) if (there.includes(id)) await stack.remove(id)
  }
  const made = await Promise.allSettled([
    ...added.map((spec) => stack.add(spec)),
    ...dead.map((node) => stack.restart(node.id)),
  ])
  try {
    for (const result of made) if (result.status === 'rejected') throw result.reason
    // The balancer knows nothing of them yet.
    lab.os.signal.throwIfAborted()
    await stack.reload({ ...balancerNow, files: nodeOf(topology, topology.entry.node).files })
    // What was asked for is not what is: the balancer may not have heeded it.
    await verified(await stack.nodes(), {
      name,
      entry: heeding.url ?? '',
      started: [...added, ...dead].map(({ id }) => id),
      removed,
    })
  } catch (error) {
    await undo()
    throw error
  }
  for (const id of removed) await stack.remove(id)

  lab.document({
    stack: name,
    replicas,
    added: added.map(({ id }) => id),
    restarted: dead.map(({ id }) => id),
    removed,
  })
  const changes = [
    ...added.map((node) => `+${node.id}`),
    ...dead.map((node) => `${node.id} started again`),
    ...removed.map((id) => `-${id}`),
  ]
  lab.print(`${name} has ${replicas} replicas${changes.length === 0 ? ' already' : ` (${changes.join(', ')})`}.`)
}

/** @throws LabError (run failed) when requests do not go where they should */
async function verified(
  nodes: readonly NodeStatus[],
  { name, entry, started, removed }: { name: string; entry: string; started: string[]; removed: string[] },
): Promise<void> {
  const of = (ids: readonly string[]): NodeStatus[] => nodes.filter(({ id }) => ids.includes(id))
  const { missing, left } = await requestsReach(entry, of(started), of(removed))
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

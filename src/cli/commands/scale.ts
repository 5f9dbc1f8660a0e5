import type { Command } from 'commander'
import { usageError } from '../../core/errors.js'
import { MAX_REPLICAS, stackParametersSchema } from '../../core/parameters.js'
import { nodeOf } from '../../core/topology.js'
import { withLock } from '../../store/lock.js'
import { withReplicaCount } from '../../topologies/api-nodes.js'
import type { DecidedParameters } from '../../topologies/balanced.js'
import { joining } from '../../topologies/replicated.js'
import { topologyOf } from '../../topologies/topology.js'
import type { Lab } from '../lab.js'
import { number } from '../option-values.js'
import { theStack } from '../running-stacks.js'
import { shardingNow } from '../shard-views.js'

export function addScale(program: Command, lab: Lab): void {
  program
    .command('scale')
    .summary('change the number of replicas of the running stack')
    .description(
      'Adds or removes API instances while the stack runs: new ones are ready before the balancer learns of them, and it forgets old ones before they stop. Databases and shards stay as they are.',
    )
    .argument('<replicas>', 'how many there should be')
    .option('--stack <name>', 'which stack, when several run')
    .addHelpText('after', '\nExamples:\n  $ scalelab scale 5\n  $ scalelab scale 2 --stack lb-3')
    .action(async (text: string, options: { stack?: string }) => {
      const replicas = number('<replicas>', text, 1, MAX_REPLICAS)
      const { meta } = await theStack(await lab.allEngines(), options.stack)
      await withLock(lab.os.stateDir, meta.name, () => scale(lab, meta.name, replicas))
    })
}

async function scale(lab: Lab, name: string, replicas: number): Promise<void> {
  const stack = await theStack(await lab.allEngines(), name)
  const parameters = stackParametersSchema.parse(stack.meta.parameters)
  if (parameters.kind === 'single') {
    throw usageError(`${name} has one instance and no balancer`, 'Bring a balanced stack up: scalelab up lb-3')
  }
  const { balancer, sharding } = parameters
  if (balancer === 'auto') throw new Error('a running stack has its balancer decided')
  const decided: DecidedParameters = {
    ...withReplicaCount(parameters, replicas),
    balancer,
    // A new instance is told of the shards that there are now, not of those that a migration has removed.
    sharding: sharding && (await shardingNow(lab, stack, sharding)),
  }
  const topology = topologyOf(decided)
  const apis = topology.nodes.filter((node) => node.role === 'api')
  const wanted = parameters.database === null ? apis : apis.map(joining)
  const nodes = (await stack.nodes()).filter((node) => node.role === 'api')
  const present = nodes.map((node) => node.id)
  const dead = nodes.filter((node) => node.state === 'stopped' && wanted.some((spec) => spec.id === node.id))
  const added = wanted.filter((node) => !present.includes(node.id))
  const removed = present.filter((id) => !wanted.some((node) => node.id === id))

  await Promise.all([...added.map((spec) => stack.add(spec)), ...dead.map((node) => stack.restart(node.id))])
  const balancerNow = (await stack.specs()).find((spec) => spec.id === topology.entry.node)
  if (balancerNow === undefined) throw new Error(`${name} has no node ${topology.entry.node}`)
  await stack.reload({ ...balancerNow, files: nodeOf(topology, topology.entry.node).files })
  for (const id of removed) await stack.remove(id)

  const changes = [
    ...added.map((node) => `+${node.id}`),
    ...dead.map((node) => `${node.id} started again`),
    ...removed.map((id) => `-${id}`),
  ]
  lab.print(`${name} has ${replicas} replicas${changes.length === 0 ? ' already' : ` (${changes.join(', ')})`}.`)
}

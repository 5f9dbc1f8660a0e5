import type { Command } from 'commander'
import { reshape } from '../../actions/reshape.js'
import { usageError } from '../../core/errors.js'
import { number } from '../../core/parameters/kinds.js'
import { MAX_REPLICAS, stackParametersSchema } from '../../core/parameters.js'
import { actedOn } from '../../lab/stack/acted-on.js'
import { thawForgotten } from '../../lab/stack/forgotten-faults.js'
import { theStack } from '../../lab/stack/running-stacks.js'
import { shardingNow } from '../../lab/stack/shard-views.js'
import { withLock } from '../../store/lock.js'
import { withReplicaCount } from '../../topologies/api-nodes.js'
import type { Lab } from '../lab.js'

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

async function scale(lab: Lab, name: string, count: number): Promise<void> {
  const stack = await theStack(await lab.allEngines(), name)
  await thawForgotten(lab, stack)
  const parameters = stackParametersSchema.parse(stack.meta.parameters)
  if (parameters.kind === 'single') {
    throw usageError(`${name} has one instance and no balancer`, 'Bring a balanced stack up: scalelab up lb-3')
  }
  const { sharding } = parameters
  // A new instance is told of the shards that there are now, not of those that a migration has removed.
  const now = { ...parameters, sharding: sharding && (await shardingNow(lab, stack, sharding)) }
  const { added, restarted, removed } = await reshape(actedOn(lab, stack, now), withReplicaCount(now, count), {
    revive: true,
  })
  lab.document({ stack: name, replicas: count, added, restarted, removed })
  const changes = [
    ...added.map((id) => `+${id}`),
    ...restarted.map((id) => `${id} started again`),
    ...removed.map((id) => `-${id}`),
  ]
  lab.print(`${name} has ${count} replicas${changes.length === 0 ? ' already' : ` (${changes.join(', ')})`}.`)
}

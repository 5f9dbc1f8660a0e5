import type { Command } from 'commander'
import { usageError } from '../core/errors.js'
import { MAX_USERS, type ShardingParameters, type StackParameters } from '../core/parameters.js'
import { SCHEMES } from '../core/shard-map.js'
import { parseDuration } from '../core/units.js'
import { shardingScheme } from '../strategies/sharding/registry.js'
import type { DatabaseOptions } from './database-options.js'
import { choice, number } from './option-values.js'

/** Flags that shape a stack of shards alone, as commander gives them. */
export interface ShardingOptions {
  scheme?: string
  shardWeights?: string
  vnodes?: string
}

/** The flags by the name that commander gives them. */
export const SHARDING_FLAGS: Record<keyof ShardingOptions, string> = {
  scheme: '--scheme',
  shardWeights: '--shard-weights',
  vnodes: '--vnodes',
}

/** Adds the flags that shape a stack of shards. */
export function addShardingOptions(command: Command): Command {
  return command
    .option('--scheme <name>', `shards: how slots are placed on them: ${SCHEMES.join(', ')}`)
    .option('--shard-weights <list>', 'shards: one whole number per shard, as in 2,1,1')
    .option('--vnodes <n>', 'shards: points on the ring of a shard of weight 1')
}

/**
 * The shards of a stack with the flags laid over them; some flags are of databases as well.
 * @throws LabError (usage) for a flag that cannot be read, or that would change nothing
 */
export function applyShardingOptions(
  { sharding }: StackParameters,
  options: ShardingOptions & DatabaseOptions,
): StackParameters['sharding'] {
  if (sharding === null) {
    const given = (Object.keys(SHARDING_FLAGS) as (keyof ShardingOptions)[]).find((name) => options[name] !== undefined)
    if (given === undefined) return null
    throw usageError(`${SHARDING_FLAGS[given]} needs a stack of shards: shard-3`, 'As in scalelab up shard-3')
  }
  const { vnodes, rows, pool, queryTime, dbCpus } = options
  const changed: ShardingParameters = {
    ...sharding,
    ...placementOf(options),
    ...(vnodes === undefined ? {} : { vnodes: number('--vnodes', vnodes, 1, 10_000) }),
    ...(rows === undefined ? {} : { rows: number('--rows', rows, 1, MAX_USERS) }),
    ...(pool === undefined ? {} : { pool: number('--pool', pool, 1, 50) }),
    ...(queryTime === undefined ? {} : { query_ms: parseDuration(queryTime, '--query-time') }),
    ...(dbCpus === undefined ? {} : { cpus: number('--db-cpus', dbCpus, 0.01, 1_024, false) }),
  }
  if (vnodes !== undefined && shardingScheme(changed.scheme)?.heeds?.includes('vnodes') !== true) {
    throw usageError(`--vnodes: the scheme ${changed.scheme} has none`, 'Use --scheme ring or bounded')
  }
  return changed
}

function placementOf({ scheme, shardWeights }: ShardingOptions): Partial<ShardingParameters> {
  const weights = shardWeights?.split(',').map((text) => number('--shard-weights', text.trim(), 1, 1_000))
  return {
    ...(scheme === undefined ? {} : { scheme: choice('scheme', scheme, SCHEMES) }),
    // Weights of the scenario's own scheme mean nothing to another one.
    ...(weights === undefined ? (scheme === undefined ? {} : { weights: null }) : { weights }),
  }
}

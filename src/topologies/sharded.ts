import { DATABASE_NAME, DATABASE_ROLES } from '../core/databases-file.js'
import { usageError } from '../core/errors.js'
import { MAX_REPLICAS, type ShardingParameters, type StackParameters } from '../core/parameters.js'
import { encodeOwners, type ShardMap, type ShardsFile } from '../core/shard-map.js'
import type { NodeSpec, Topology } from '../core/topology.js'
import { postgresConfig } from '../parts/postgres/config.js'
import { postgresNode } from '../parts/postgres/postgres.js'
import type { BalancingStrategy } from '../strategies/balancing/port.js'
import type { WeightedShard } from '../strategies/sharding/port.js'
import { keyingOf, SHARDING_SCHEMES, shardingScheme } from '../strategies/sharding/registry.js'
import { slotOwners } from '../strategies/sharding/slot-owners.js'
import { balanced } from './balanced.js'
import { shardSeedSql, shardSql } from './shard-sql.js'

export type ShardedParameters = StackParameters & { sharding: ShardingParameters }

/** How long an API instance tries to serve a request on a key whose shard is away, or whose slot is held. */
const PATIENCE_MS = 8_000
/** Connections of a shard that no API instance can take: of migrations, probes and people. */
const SPARE_CONNECTIONS = 40

/**
 * A balancer, `replicas` API instances, and behind them the shards: PostgreSQL servers that know nothing of each other
 * but the map.
 * @throws LabError (usage) for weights where the scheme takes none
 */
export function sharded(parameters: ShardedParameters, strategy: BalancingStrategy): Topology {
  const { sharding } = parameters
  const map = shardMapOf(sharding)
  const front = balanced(parameters, strategy)
  const shards = shardIds(sharding.shards).map((id) => shardNode(id, sharding, map))
  return { ...front, nodes: [...front.nodes.map((node) => withShards(node, sharding)), ...shards] }
}

/** The shards of a stack; the first is never removed. */
export function shardIds(shards: number): string[] {
  return Array.from({ length: shards }, (_, index) => `shard-${index + 1}`)
}

/** The shards with their weights, 1 where none are given. */
export function weightedShards({ shards, weights }: ShardingParameters): WeightedShard[] {
  return shardIds(shards).map((id, index) => ({ id, weight: weights?.[index] ?? 1 }))
}

/** The same with another number of shards; those beyond the given weights have weight 1. */
export function withShardCount(sharding: ShardingParameters, shards: number): ShardingParameters {
  return { ...sharding, shards, weights: sharding.weights && withLength(sharding.weights, shards) }
}

function withLength(weights: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, index) => weights[index] ?? 1)
}

/**
 * The map that the shards begin with, version 1; addresses are references that the engine fills in.
 * @throws LabError (usage) as `sharded`
 */
export function shardMapOf(sharding: ShardingParameters): ShardMap {
  const { scheme, vnodes, rows } = sharding
  refuseIdleWeights(sharding)
  const shards = weightedShards(sharding)
  return {
    version: 1,
    scheme,
    keying: keyingOf(scheme),
    span: rows,
    shards: shards.map(({ id, weight }) => ({ id, address: addressOf(id), ...(weight === 1 ? {} : { weight }) })),
    owners: encodeOwners(slotOwners(scheme, shards, { vnodes })),
  }
}

/** What would change nothing is a misunderstanding. */
function refuseIdleWeights({ scheme, weights }: ShardingParameters): void {
  if (weights === null || shardingScheme(scheme)?.weighted === true) return
  const those = SHARDING_SCHEMES.flatMap(({ name, weighted }) => (weighted ? [name] : []))
  throw usageError(`the scheme ${scheme} takes no weights`, `Those that do: ${those.join(', ')}`)
}

/** Where a shard is reached from inside the stack, for the engine to fill in. */
function addressOf(id: string): string {
  return `{{address ${id} postgres}}`
}

/**
 * A shard with what the map says that it has: its slots and the users that were there at first. One that the map does
 * not name, as it joins a stack that runs, has nothing.
 */
export function shardNode(id: string, { rows, pool, cpus }: ShardingParameters, map: ShardMap): NodeSpec {
  return postgresNode(id, {
    env: { BORN: 'primary', UPSTREAM: '', SLOT: '' },
    // It is nobody's primary: a commit is acknowledged when it is on its own disk.
    config: postgresConfig(
      id,
      { durability: 'local', sync_standbys: '', apply_delay_ms: 0 },
      MAX_REPLICAS * pool + SPARE_CONNECTIONS,
    ),
    sql: shardSql(),
    seed: shardSeedSql(id, map, rows),
    cpus,
  })
}

function withShards(node: NodeSpec, { shards, pool, query_ms }: ShardingParameters): NodeSpec {
  if (node.role !== 'api') return node
  const file: ShardsFile = {
    database: DATABASE_NAME,
    user: DATABASE_ROLES.app,
    password: `{{secret ${DATABASE_ROLES.app}}}`,
    seeds: shardIds(shards).map((id) => ({ id, address: addressOf(id) })),
    pool,
    query_ms,
  }
  return {
    ...node,
    env: { ...node.env, SHARDS_FILE: '{{dir}}/shards.json', WRITE_PATIENCE_MS: String(PATIENCE_MS) },
    files: { 'shards.json': `${JSON.stringify(file, null, 2)}\n` },
  }
}

import type { RunRecord } from '../core/record.js'
import { shardingParametersOf } from '../core/record-parameters.js'

/** A shard with more than this many times its fair share of the requests is hot. */
export const HOT = 1.5

/**
 * How many shards a run began with: as a migration counted them, as the record names them, else as they were asked for;
 * null for a stack without shards.
 */
export function shardCount(record: RunRecord): number | null {
  const { reshard, sharding } = record
  if (reshard !== undefined) return reshard.plan.from.shards.length
  return sharding?.shards.length ?? shardingParametersOf(record)?.shards ?? null
}

/** The scheme of a run's shards, in the end; null for a stack without shards. */
export function schemeOf(record: RunRecord): string | null {
  return record.sharding?.scheme ?? shardingParametersOf(record)?.scheme ?? null
}

/** The share of keys and requests that each shard of a run should have, by its weight; in the order of the shards. */
export function fairShares(record: RunRecord): number[] {
  const shards = record.sharding?.shards ?? []
  const asked = shardingParametersOf(record)?.weights ?? []
  // A migration may have changed which shards there are, and with them what the weights speak of.
  const weights = asked.length === shards.length ? asked : shards.map(() => 1)
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / all)
}

/** A shard with its share of the requests, and how many times its fair one that is. */
export interface Heat {
  id: string
  share: number
  times: number
}

/** The shard that is furthest above its fair share of the requests; null without answers of any shard. */
export function hottestShard(record: RunRecord): Heat | null {
  return heats(record)[0] ?? null
}

/** The shards with more than 1.5 times their fair share of the requests, the hottest first. */
export function hotShards(record: RunRecord): Heat[] {
  return heats(record).filter(({ times }) => times > HOT)
}

function heats(record: RunRecord): Heat[] {
  const shards = record.sharding?.shards ?? []
  if (shards.every(({ requests }) => requests === 0)) return []
  const fair = fairShares(record)
  return shards
    .map(({ id, share }, i) => ({ id, share, times: share / (fair[i] ?? 1) }))
    .toSorted((a, b) => b.times - a.times)
}

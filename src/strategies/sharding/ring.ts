import { usageError } from '../../core/errors.js'
import { type KeyHash, keyHash } from './key-hash.js'
import type { ShardingScheme, WeightedShard } from './port.js'
import { RingPoints } from './ring-points.js'
import { checkShards, indicesById } from './shards.js'

/**
 * Consistent hashing: each shard has `vnodes` points per unit of weight on a ring, a key belongs to the first point at
 * or after its hash. A new shard takes its share from all others, 1 / (N + 1) of the keys, and none moves between the
 * old. Shares scatter with a coefficient of variation of sqrt((N - 1) / (N V + 1)) for N shards of V points: that of
 * one of N parts, N V points dividing the ring at random (Dirichlet).
 */
export const ring: ShardingScheme = {
  name: 'ring',
  summary: 'points of each shard on a ring: a new shard takes its share from all others, and no other key moves',
  source: 'D. Karger et al., Consistent Hashing and Random Trees, STOC 1997',
  weighted: true,
  removes: 'any',
  heeds: ['hash', 'vnodes'],
  place(shards, { hash, vnodes }) {
    checkShards(ring, shards)
    const keys = keyHash(hash)
    const points = ringOf(shards, keys, vnodes)
    const { low } = keys
    return { shardOf: (key) => points.shardAt(low(key)), memoryBytes: points.memoryBytes, arcs: () => points.arcs() }
  },
}

/**
 * The points of these shards: the hashes of "<id>#<number>".
 * @param vnodes points of a shard of weight 1
 * @throws LabError (usage) for vnodes that are not a positive whole number
 */
export function ringOf(shards: readonly WeightedShard[], { low }: KeyHash, vnodes: number): RingPoints {
  if (!Number.isInteger(vnodes) || vnodes < 1) {
    throw usageError(`a shard has a whole number of points on the ring, at least 1, not ${vnodes}`)
  }
  const points = shards.flatMap(({ id, weight }, shard) =>
    Array.from({ length: Math.max(1, Math.round(vnodes * weight)) }, (_, i) => ({
      position: low(`${id}#${i}`),
      shard,
    })),
  )
  const rank: number[] = []
  indicesById(shards).forEach((shard, place) => {
    rank[shard] = place
  })
  return new RingPoints(points, rank)
}

import type { WeightedShard } from '../../strategies/sharding/port.js'

/** The user ids that the lab's data has: "user-000001" and on. */
export function userId(number: number): string {
  return `user-${String(number).padStart(6, '0')}`
}

/** So many shards of the same weight. */
export function evenShards(count: number, prefix = 'shard'): WeightedShard[] {
  return Array.from({ length: count }, (_, i) => ({ id: `${prefix}-${i + 1}`, weight: 1 }))
}

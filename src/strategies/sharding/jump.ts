import { usageError } from '../../core/errors.js'
import { keyHash } from './key-hash.js'
import type { Placed, Shard, ShardingScheme } from './port.js'
import { checkShards } from './shards.js'

/**
 * Jump consistent hash: as even as chance, 1 / (N + 1) of the keys move to a new shard, nothing to keep. Shards are
 * numbers to it: they can only be added and removed at the end.
 */
export const jump: ShardingScheme = {
  name: 'jump',
  summary: 'arithmetic alone: the least movement and nothing to keep, but only the last shard can leave',
  source: 'J. Lamping, E. Veach, A Fast, Minimal Memory, Consistent Hash Algorithm, 2014 (arXiv:1406.2294)',
  weighted: false,
  removes: 'last',
  heeds: ['hash'],
  place(shards, { hash }, before) {
    checkShards(jump, shards)
    if (before !== undefined) checkOrder(shards, before)
    const { low, high } = keyHash(hash)
    const count = shards.length
    return { shardOf: (key) => jumpHash(high(key), low(key), count), memoryBytes: 0 }
  },
}

/** @throws LabError (usage) when a shard left that was not the last, or came that is not: all behind it change numbers */
function checkOrder(shards: readonly Shard[], before: Placed): void {
  const place = before.shards.findIndex(({ id }, index) => index < shards.length && shards[index]?.id !== id)
  if (place === -1) return
  const id = before.shards[place]?.id
  const gone = shards.every((shard) => shard.id !== id)
  const last = before.shards[before.shards.length - 1]?.id
  throw usageError(
    `jump knows shards by their number: ${gone ? `${id} cannot leave before ${last}` : `${id} must stay number ${place + 1}`}`,
    `All shards from number ${place + 1} on would get another number, and keys would move between shards that stay.
Remove from the end, or take ring, rendezvous, maglev or directory.`,
  )
}

/** The multiplier of the paper's generator, 2862933555777941757, in two halves. */
const HIGH = 0x27bb2ee6
const LOW = 0x87b0b0fd
const LOW_HIGH = LOW >>> 16
const LOW_LOW = LOW & 0xffff

/**
 * The bucket, 0 to buckets - 1, of a 64-bit key that is given as two unsigned halves of 32 bits: BigInt would be four
 * times slower.
 */
export function jumpHash(high: number, low: number, buckets: number): number {
  let bucket = 0
  let next = 0
  while (next < buckets) {
    bucket = next
    // (high, low) = (high, low) * multiplier + 1, modulo 2^64; the product of the lower halves from 16-bit pieces
    const a = low >>> 16
    const b = low & 0xffff
    const middle = Math.imul(a, LOW_LOW)
    const cross = (Math.imul(b, LOW_LOW) >>> 16) + (Math.imul(b, LOW_HIGH) >>> 0) + (middle & 0xffff)
    const carry = Math.imul(a, LOW_HIGH) + (middle >>> 16) + Math.floor(cross / 65_536)
    high = (Math.imul(high, LOW) + Math.imul(low, HIGH) + carry) | 0
    low = (Math.imul(low, LOW) + 1) | 0
    if (low === 0) high = (high + 1) | 0
    next = Math.floor((bucket + 1) * (2_147_483_648 / ((high >>> 1) + 1)))
  }
  return bucket
}

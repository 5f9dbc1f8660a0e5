import { usageError } from '../../core/errors.js'
import { keyHash } from './key-hash.js'
import type { Placed, ShardingScheme, WeightedShard } from './port.js'
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
    const { halves } = keyHash(hash)
    const half = new Int32Array(2)
    const count = shards.length
    const shardOf = (key: string): number => {
      halves(key, half)
      return jumpHash(half[1] as number, half[0] as number, count)
    }
    return { shardOf, memoryBytes: 0 }
  },
}

/**
 * @throws LabError (usage) when a shard left that was not the last, or came that is not: all behind it change numbers
 */
function checkOrder(shards: readonly WeightedShard[], before: Placed): void {
  const place = before.shards.findIndex(({ id }, index) => index < shards.length && shards[index]?.id !== id)
  if (place === -1) return
  const id = before.shards[place]?.id
  const last = before.shards[before.shards.length - 1]?.id
  const gone = shards.every((shard) => shard.id !== id)
  const wrong = gone ? `${id} cannot leave before ${last}` : `${id} must stay number ${place + 1}`
  throw usageError(
    `jump knows shards by their number: ${wrong}`,
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
 * The bucket, 0 to buckets - 1, of a 64-bit key that is given as two signed halves of 32 bits: BigInt would be four
 * times slower.
 */
export function jumpHash(high: number, low: number, buckets: number): number {
  let h = high
  let l = low
  let bucket = 0
  for (;;) {
    // (h, l) = (h, l) * multiplier + 1, modulo 2^64. The upper half of the product of the lower halves comes from
    // pieces of 16 bits, none of whose sums leaves 32 bits.
    const a = l >>> 16
    const b = l & 0xffff
    const middle = (Math.imul(a, LOW_LOW) + (Math.imul(b, LOW_LOW) >>> 16)) | 0
    const cross = (Math.imul(b, LOW_HIGH) + (middle & 0xffff)) | 0
    const carry = (Math.imul(a, LOW_HIGH) + (middle >>> 16) + (cross >>> 16)) | 0
    h = (Math.imul(h, LOW) + Math.imul(l, HIGH) + carry) | 0
    l = (Math.imul(l, LOW) + 1) | 0
    if (l === 0) h = (h + 1) | 0
    const next = (bucket + 1) * (2_147_483_648 / ((h >>> 1) + 1))
    if (next >= buckets) return bucket
    bucket = next | 0
  }
}

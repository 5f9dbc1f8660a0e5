import { usageError } from '../../core/errors.js'
import { keyHash } from './key-hash.js'
import type { ShardingScheme } from './port.js'
import { checkShards, indicesById } from './shards.js'

/** A shard's way through the table: from `offset` on in steps of `skip`. */
export interface Preference {
  offset: number
  skip: number
  weight: number
}

/**
 * Maglev: a table of M entries that the shards fill in turn, each in an order of its own. One look into the table per
 * key; within 1 % of even when M is above 100 N; when shards change, a few more keys move than must.
 */
export const maglev: ShardingScheme = {
  name: 'maglev',
  summary: 'a table that the shards fill in turn: the fastest lookup, very even, a little more movement than must be',
  source: 'D. Eisenbud et al., Maglev: A Fast and Reliable Software Network Load Balancer, NSDI 2016',
  weighted: true,
  removes: 'any',
  heeds: ['hash', 'tableSize'],
  place(shards, { hash, tableSize }) {
    checkShards(maglev, shards)
    checkTable(tableSize, shards.length)
    const { low, halves } = keyHash(hash)
    const half = new Int32Array(2)
    const order = indicesById(shards)
    const turns = maglevTable(
      order.map((index) => {
        const { id, weight } = shards[index] ?? { id: '', weight: 0 }
        halves(id, half)
        const [offset = 0, skip = 0] = half
        return { offset: (offset >>> 0) % tableSize, skip: ((skip >>> 0) % (tableSize - 1)) + 1, weight }
      }),
      tableSize,
    )
    const table = Uint16Array.from(turns, (turn) => order[turn] ?? 0)
    const size = tableSize >>> 0
    return { shardOf: (key) => table[(low(key) >>> 0) % size] as number, memoryBytes: table.byteLength }
  },
}

/** @throws LabError (usage) unless the table's size is a prime that is larger than the number of shards */
function checkTable(size: number, shards: number): void {
  if (!isPrime(size)) {
    throw usageError(
      `maglev's table must have a prime number of entries, not ${size}`,
      'Only then does every shard come to every entry. The paper takes 65537, and 655373 for many shards.',
    )
  }
  if (size < shards) throw usageError(`maglev's table of ${size} entries is too small for ${shards} shards`)
}

function isPrime(number: number): boolean {
  if (!Number.isSafeInteger(number) || number < 2) return false
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false
  return true
}

/**
 * The table: in every round each shard takes the next entry of its way that is free; one with half the weight of the
 * heaviest takes part in every other round (as Envoy does it, source/common/upstream/maglev_lb.cc).
 * @param size a prime
 * @returns for every entry the index of its shard
 */
export function maglevTable(preferences: readonly Preference[], size: number): Int32Array {
  const table = new Int32Array(size).fill(-1)
  const heaviest = Math.max(...preferences.map(({ weight }) => weight))
  const next = preferences.map(({ offset }) => offset)
  const turns = preferences.map(() => 0)
  let filled = 0
  for (let round = 1; filled < size; round++) {
    for (const [shard, { skip, weight }] of preferences.entries()) {
      if (filled === size) break
      if (round * weight < (turns[shard] ?? 0) * heaviest) continue
      turns[shard] = (turns[shard] ?? 0) + 1
      let entry = next[shard] ?? 0
      while ((table[entry] ?? 0) !== -1) entry = (entry + skip) % size
      table[entry] = shard
      next[shard] = (entry + skip) % size
      filled += 1
    }
  }
  return table
}

import { keyHash } from './key-hash.js'
import type { ShardingScheme } from './port.js'
import { checkShards } from './shards.js'

/**
 * hash(key) mod N: even, nothing to keep, and nearly every key moves when N changes, N / (N + 1) of them for one more.
 */
export const modulo: ShardingScheme = {
  name: 'modulo',
  summary: 'hash(key) mod N: even and simple, but nearly all keys move when N changes',
  source: 'folklore; what it costs is in D. Karger et al., Consistent Hashing and Random Trees, STOC 1997',
  weighted: false,
  removes: 'any',
  heeds: ['hash'],
  place(shards, { hash }) {
    checkShards(modulo, shards)
    const { low } = keyHash(hash)
    const count = shards.length >>> 0
    return { shardOf: (key) => (low(key) >>> 0) % count, memoryBytes: 0 }
  },
}

import { fnv1a, fnv1a64 } from './fnv1a.js'
import { md5 } from './md5.js'
import { mix32, murmur3 } from './murmur3.js'
import type { HashName } from './port.js'
import { xxhash } from './xxhash.js'

/** A hash of keys in two halves of 32 bits, unsigned and independent of each other: no scheme needs more. */
export interface KeyHash {
  low(key: string): number
  high(key: string): number
}

/** A second seed, for hash functions that take one: the golden ratio, as good as any. */
const SECOND = 0x9e3779b9

const HASHES: Record<HashName, KeyHash> = {
  xxhash: { low: (key) => xxhash(key, 0), high: (key) => xxhash(key, SECOND) },
  murmur3: { low: (key) => murmur3(key, 0), high: (key) => murmur3(key, SECOND) },
  // The last characters of a key hardly reach the upper bits of FNV-1a, by which rings place: mixed, they do.
  fnv1a: { low: (key) => mix32(fnv1a(key)), high: (key) => mix32(fnv1a64(key).high) },
  md5: { low: (key) => md5(key)[0], high: (key) => md5(key)[1] },
}

/** The hash function of this name. */
export function keyHash(name: HashName): KeyHash {
  return HASHES[name]
}

import { fnv1a, fnv1a64 } from './fnv1a.js'
import { md5 } from './md5.js'
import { mix32, murmur3, murmur3Twice } from './murmur3.js'
import type { HashName } from './port.js'
import { xxhash } from './xxhash.js'

/** Hashes keys. Numbers of 32 bits are signed: V8 keeps those without a box. */
export interface KeyHash {
  /** 32 bits. */
  low(key: string): number
  /** 64 bits. @param into gets the lower half, which is `low`, and the upper one */
  halves(key: string, into: Int32Array): void
}

/** A second seed, for hash functions that take one: the golden ratio, as good as any. */
const SECOND = 0x9e3779b9

const HASHES: Record<HashName, KeyHash> = {
  xxhash: withHigh(
    (key) => xxhash(key),
    (key) => xxhash(key, SECOND),
  ),
  murmur3: {
    low: (key) => murmur3(key),
    halves: (key, into) => murmur3Twice(key, 0, SECOND, into),
  },
  // The last characters of a key hardly reach the upper bits of FNV-1a, by which rings place: mixed, they do.
  fnv1a: withHigh(
    (key) => mix32(fnv1a(key)),
    (key) => mix32(fnv1a64(key).high),
  ),
  md5: withHigh(
    (key) => md5(key)[0],
    (key) => md5(key)[1],
  ),
}

/** The hash function of this name. */
export function keyHash(name: HashName): KeyHash {
  return HASHES[name]
}

function withHigh(low: (key: string) => number, high: (key: string) => number): KeyHash {
  return {
    low,
    halves: (key, into) => {
      into[0] = low(key)
      into[1] = high(key)
    },
  }
}

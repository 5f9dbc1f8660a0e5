import { murmur3 } from './murmur3.js'
import type { HashName } from './port.js'

/** A hash of keys in two halves of 32 bits, unsigned and independent of each other: no scheme needs more. */
export interface KeyHash {
  low(key: string): number
  high(key: string): number
}

const murmur: KeyHash = { low: (key) => murmur3(key, 0), high: (key) => murmur3(key, 0x9747b28c) }

/** The hash function of this name. */
export function keyHash(_name: HashName): KeyHash {
  return murmur
}

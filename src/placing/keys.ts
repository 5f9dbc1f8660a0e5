import { seededRandom } from '../core/random.js'

/** How keys are made up. */
export const KEY_SHAPES = ['uniform', 'sequential', 'zipf'] as const
export type KeyShape = (typeof KEY_SHAPES)[number]

/** Some keys, with how often each is asked for; null where all are alike. */
export interface KeyBatch {
  keys: readonly string[]
  requests: Float64Array | null
}

/** Keys without a list of them: each is made from its index, and no two are the same. */
export interface MadeKeys {
  shape: KeyShape
  count: number
  keyAt(index: number): string
  /** How often it is asked for, relative to the others. */
  requestsAt(index: number): number
}

/** Keys that are handed on at a time: enough to make little of what one batch costs, little enough to stay in a cache. */
export const BATCH = 8_192

/** Of so many keys split points are taken, and lookups timed. */
export const SAMPLE = 50_000

/** The most keys that are counted: 32-bit counters and indices hold them. */
export const MOST_KEYS = 1_000_000_000

/**
 * uniform: ids of 16 hexadecimal digits as random as a UUID; sequential: user-000000001 and so on; zipf: the same, the
 * k-th asked for in proportion to 1 / k^exponent.
 */
export function madeKeys(shape: KeyShape, count: number, seed: number, exponent = 1): MadeKeys {
  return {
    shape,
    count,
    keyAt: shape === 'uniform' ? randomIds(seed) : (index) => `user-${String(index + 1).padStart(9, '0')}`,
    requestsAt: shape === 'zipf' ? (index) => (index + 1) ** -exponent : () => 1,
  }
}

/** All keys in order, a batch at a time. */
export function* batchesOf(keys: MadeKeys): Generator<KeyBatch> {
  for (let from = 0; from < keys.count; from += BATCH) {
    const size = Math.min(BATCH, keys.count - from)
    const requests = keys.shape === 'zipf' ? new Float64Array(size) : null
    const batch: string[] = []
    for (let i = 0; i < size; i++) {
      batch.push(keys.keyAt(from + i))
      if (requests !== null) requests[i] = keys.requestsAt(from + i)
    }
    yield { keys: batch, requests }
  }
}

/** A sample of keys (all, if there are few), spread evenly over the indices; sorted by code unit. */
export function sampleOf(keys: MadeKeys): string[] {
  const taken = Math.min(SAMPLE, keys.count)
  return Array.from({ length: taken }, (_, i) => keys.keyAt(Math.floor(((i + 0.5) * keys.count) / taken))).sort()
}

/**
 * Ids that look random and never repeat: the index, encrypted by a Feistel network over two 32-bit halves. Such a network
 * is a bijection whatever its round function is (M. Luby, C. Rackoff: How to construct pseudorandom permutations, 1988);
 * here it is the finalizer of MurmurHash3 (A. Appleby) with a key per round.
 */
function randomIds(seed: number): (index: number) => string {
  const random = seededRandom(seed)
  const rounds = Array.from({ length: 6 }, () => Math.floor(random() * 2 ** 32))
  const digits = Array.from({ length: 65_536 }, (_, value) => value.toString(16).padStart(4, '0'))
  const hex = (half: number): string => `${digits[half >>> 16]}${digits[half & 0xffff]}`
  return (index) => {
    let left = 0
    let right = index >>> 0
    for (const key of rounds) {
      const next = (left ^ mix(right ^ key)) >>> 0
      left = right
      right = next
    }
    return hex(left) + hex(right)
  }
}

function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

import type { Placement } from '../strategies/sharding/port.js'

/** Keys of one pass: more than a branch predictor learns by heart, few enough that a pass is seldom disturbed. */
const PASS = 20_000
const LEAST_PASSES = 3
/** All passes together take about so long, in milliseconds. */
const ALL_MS = 120

/**
 * Lookups per second in one thread, of the fastest pass over the keys: whatever else the machine does can only make one
 * slower. Schemes go through the same loop, so that none has it compiled for itself alone.
 * @param placement called before every pass, and not timed: one that counts keys must be a new one
 * @param keys at least one; the first 20,000 of them are looked up
 * @param now a clock in milliseconds, monotonic
 */
export function lookupsPerSecond(placement: () => Placement, keys: readonly string[], now: () => number): number {
  const asked = keys.slice(0, PASS)
  let fastest = Number.POSITIVE_INFINITY
  let elapsed = 0
  for (let pass = 0; pass < LEAST_PASSES || elapsed < ALL_MS; pass++) {
    const placing = placement()
    const start = now()
    // What comes of it is looked at, so that no compiler leaves the lookups out.
    if (lookUp(placing, asked) < 0) break
    const took = now() - start
    elapsed += took
    // A clock may be too coarse for a few keys.
    if (took > 0) fastest = Math.min(fastest, took)
  }
  return Math.round((asked.length / fastest) * 1_000)
}

function lookUp(placement: Placement, keys: readonly string[]): number {
  let sum = 0
  for (let i = 0; i < keys.length; i++) sum += placement.shardOf(keys[i] as string)
  return sum
}

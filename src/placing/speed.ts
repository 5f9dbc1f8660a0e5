import type { Placement } from '../strategies/sharding/port.js'

const ROUNDS = 5
/** A round lasts about this long, in milliseconds. */
const ROUND_MS = 20

/**
 * Lookups per second in one thread: the median of five rounds of about 20 ms, after one that warms up. What a scheme gets
 * is measured beside the others, by the same loop, so that none has it compiled for itself alone.
 * @param placement called before every pass over the keys, and not timed: one that counts keys must be a new one
 * @param keys at least one; so many that a branch predictor does not learn them by heart
 * @param now a clock in milliseconds, monotonic
 */
export function lookupsPerSecond(placement: () => Placement, keys: readonly string[], now: () => number): number {
  round(placement, keys, now)
  const rates = Array.from({ length: ROUNDS }, () => round(placement, keys, now)).sort((a, b) => a - b)
  return Math.round(rates[Math.floor(ROUNDS / 2)] ?? 0)
}

function round(placement: () => Placement, keys: readonly string[], now: () => number): number {
  let lookups = 0
  let elapsed = 0
  while (elapsed < ROUND_MS) {
    const asked = placement()
    const start = now()
    // What comes of it is looked at, so that no compiler leaves the lookups out.
    if (lookUp(asked, keys) < 0) break
    elapsed += now() - start
    lookups += keys.length
  }
  return (lookups / elapsed) * 1_000
}

function lookUp(placement: Placement, keys: readonly string[]): number {
  let sum = 0
  for (let i = 0; i < keys.length; i++) sum += placement.shardOf(keys[i] as string)
  return sum
}

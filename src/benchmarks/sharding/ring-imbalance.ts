import { DEFAULT_SCHEME_OPTIONS } from '../../strategies/sharding/registry.js'
import { ring } from '../../strategies/sharding/ring.js'
import { type Figure, info, within } from '../figure.js'
import { evenShards } from './keys.js'

const SEEDS = 60

/**
 * How unevenly rings are divided, against the theory: the coefficient of variation of N shards' arcs with V points each
 * is sqrt((N - 1) / (N V + 1)). A seed is a set of names for the shards. The theory is the root of a variance, so it is
 * variances that are averaged; the plain mean of the coefficients is a little less (Jensen), for four shards by 8 %.
 */
export async function ringImbalance(): Promise<Figure[]> {
  return [4, 10].flatMap((shards) =>
    [10, 100, 160].flatMap((vnodes) => {
      const theory = Math.sqrt((shards - 1) / (shards * vnodes + 1))
      const found = Array.from({ length: SEEDS }, (_, seed) => variation(shards, vnodes, `seed-${seed}`))
      const rootMeanSquare = Math.sqrt(found.reduce((sum, cv) => sum + cv * cv, 0) / SEEDS)
      const mean = found.reduce((sum, cv) => sum + cv, 0) / SEEDS
      const what = `${shards} shards, ${vnodes} vnodes`
      return [
        within(`${what}: cv of ${SEEDS} rings / theory ${theory.toFixed(4)}`, rootMeanSquare / theory, 0.85, 1.15),
        info(`${what}: cv, root of the mean square`, rootMeanSquare),
        info(`${what}: cv, plain mean`, mean),
      ]
    }),
  )
}

/** Coefficient of variation of the shards' parts of one ring. */
function variation(shards: number, vnodes: number, prefix: string): number {
  const parts = new Float64Array(shards)
  const arcs = ring.place(evenShards(shards, prefix), { ...DEFAULT_SCHEME_OPTIONS, vnodes }).arcs?.() ?? []
  let from = 0
  for (const { end, shard } of arcs) {
    parts[shard] = (parts[shard] ?? 0) + end - from
    from = end
  }
  const mean = 1 / shards
  return Math.sqrt(parts.reduce((sum, part) => sum + (part - mean) ** 2, 0) / shards) / mean
}

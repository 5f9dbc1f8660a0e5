import { usageError } from '../../core/errors.js'
import type { WeightedShard } from './port.js'

/** Shards are counted in two bytes. */
const MOST = 65_535

/**
 * Looks whether a scheme can place keys on these shards.
 * @throws LabError (usage) for no shards, too many, an id that occurs twice, a weight that is not positive, or weights
 * that differ for a scheme that takes none
 */
export function checkShards(scheme: { name: string; weighted: boolean }, shards: readonly WeightedShard[]): void {
  if (shards.length === 0) throw usageError(`${scheme.name} needs at least one shard`)
  if (shards.length > MOST) throw usageError(`${scheme.name} takes at most ${MOST} shards, not ${shards.length}`)
  const ids = new Set<string>()
  for (const { id, weight } of shards) {
    if (ids.has(id)) throw usageError(`shard "${id}" is named twice`)
    ids.add(id)
    if (!(weight > 0 && Number.isFinite(weight))) {
      throw usageError(`the weight of ${id} must be a positive number, not ${weight}`)
    }
  }
  if (!scheme.weighted && shards.some(({ weight }) => weight !== shards[0]?.weight)) {
    throw usageError(
      `${scheme.name} takes no weights: every shard gets the same share`,
      'Leave the weights out, or take a scheme with weights: ring, rendezvous, maglev, directory.',
    )
  }
}

/** The sum of the weights. */
export function totalWeight(shards: readonly WeightedShard[]): number {
  return shards.reduce((sum, { weight }) => sum + weight, 0)
}

/** The indices of shards in the order of their ids, so that nothing depends on the order in which they are named. */
export function indicesById(shards: readonly WeightedShard[]): number[] {
  return shards.map((_, index) => index).sort((a, b) => ((shards[a]?.id ?? '') < (shards[b]?.id ?? '') ? -1 : 1))
}

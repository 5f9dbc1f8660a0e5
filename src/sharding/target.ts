import { usageError } from '../core/errors.js'
import { decodeOwners, encodeOwners, type ShardMap } from '../core/shard-map.js'
import type { SchemeOptions, WeightedShard } from '../strategies/sharding/port.js'
import { slotOwners } from '../strategies/sharding/slot-owners.js'

/** Which shard is to have which slot once a migration is done. */
export interface Target {
  scheme: string
  shards: ShardMap['shards']
  /** As in a shard map: one byte per slot, the index of its shard, in base64. */
  owners: string
}

/** What each shard should hold, relative to the others. */
export type Weights = ReadonlyMap<string, number>

export function shardWeightsOf({ shards }: Pick<ShardMap, 'shards'>): Weights {
  return new Map(shards.map(({ id, weight }) => [id, weight ?? 1]))
}

/**
 * What a scheme wants of these shards.
 * @param shards those that are to be there, with the weights they are to have
 * @param weights of the shards that are there now, where the map does not say
 * @throws LabError (usage) for an unknown scheme, for shards it cannot place on, and for one that wants another keying
 */
export function targetOf(
  map: ShardMap,
  scheme: string,
  shards: readonly (WeightedShard & { address: string })[],
  options: Partial<SchemeOptions> = {},
  weights: Weights = shardWeightsOf(map),
): Target {
  const before = {
    shards: map.shards.map(({ id }) => ({ id, weight: weights.get(id) ?? 1 })),
    owners: decodeOwners(map.owners),
  }
  const owners = slotOwners(
    scheme,
    shards.map(({ id, weight }) => ({ id, weight })),
    options,
    before,
  )
  if ((scheme === 'range' || scheme === 'geo') && map.keying !== scheme) {
    throw usageError(
      `scheme ${scheme} wants slots by ${scheme}, and those of this stack are by ${map.keying}`,
      `The slot of a user is fixed when the stack is made. Start a new one: scalelab up shard-${map.shards.length} --scheme ${scheme}`,
    )
  }
  return {
    scheme,
    shards: shards.map(({ id, address, weight }) => ({ id, address, ...(weight === 1 ? {} : { weight }) })),
    owners: encodeOwners(owners),
  }
}

/** The placement that a map has, as a target: what a rollback goes back to. */
export function targetOfMap({ scheme, shards, owners }: ShardMap): Target {
  return { scheme, shards, owners }
}

/** The id of each slot's shard. */
export function ownerIds({ shards, owners }: { shards: readonly { id: string }[]; owners: string }): string[] {
  return Array.from(decodeOwners(owners), (index) => {
    const shard = shards[index]
    if (shard === undefined) throw new Error(`a map of ${shards.length} shards names shard number ${index}`)
    return shard.id
  })
}

/** The map once the target's shards are known beside those that are there, and nothing has moved yet. */
export function joinedMap(map: ShardMap, target: Target): ShardMap {
  const news = target.shards.filter(({ id }) => map.shards.every((shard) => shard.id !== id))
  return { ...map, version: map.version + 1, shards: [...map.shards, ...news] }
}

/** The map once these slots belong to another shard. */
export function movedMap(map: ShardMap, slots: readonly number[], to: string): ShardMap {
  const owners = decodeOwners(map.owners)
  const index = map.shards.findIndex(({ id }) => id === to)
  if (index === -1) throw new Error(`the map does not name ${to}`)
  for (const slot of slots) owners[slot] = index
  return { ...map, version: map.version + 1, owners: encodeOwners(owners) }
}

/** The map at the end, when every slot is where the target wants it. @throws Error when one is not */
export function finalMap(map: ShardMap, target: Target): ShardMap {
  const wanted = ownerIds(target)
  const stray = ownerIds(map).findIndex((owner, slot) => owner !== wanted[slot])
  if (stray !== -1) throw new Error(`slot ${stray} is not yet where it belongs`)
  return { ...map, ...target, version: map.version + 1 }
}

/** Whether a map is the target already. */
export function isReached(map: ShardMap, target: Target): boolean {
  return (
    map.scheme === target.scheme &&
    map.owners === target.owners &&
    map.shards.length === target.shards.length &&
    map.shards.every(({ id }, index) => id === target.shards[index]?.id)
  )
}

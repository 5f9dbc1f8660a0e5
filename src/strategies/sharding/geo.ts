import { usageError } from '../../core/errors.js'
import { REGIONS, regionOf } from './keying.js'
import type { Placement, ShardingScheme, WeightedShard } from './port.js'
import { dealOut, heldBy, reassign } from './reassign.js'
import { checkShards } from './shards.js'

const INDEX_OF_REGION: ReadonlyMap<string, number> = new Map(REGIONS.map((region, index) => [region, index]))

/**
 * By geography: a table says which shard has which region, so that users are near their data. As even as whole regions
 * allow; when shards come or go, as few regions move as must.
 */
export const geo: ShardingScheme = {
  name: 'geo',
  summary: 'regions on shards by a table: data near its users, as even as whole regions allow',
  source: 'J. Corbett et al., Spanner, OSDI 2012 (placement); MongoDB zones; CockroachDB REGIONAL BY ROW',
  weighted: true,
  removes: 'any',
  heeds: [],
  place(shards, _options, before) {
    checkShards(geo, shards)
    const table = before?.placement instanceof RegionTable ? before.placement : undefined
    return new RegionTable(assignRegions(shards, table && before && { shards: before.shards, owners: table.owners }))
  },
}

/**
 * The shard of each region, as an index. @param before who had them
 * @throws LabError (usage) for more shards than there are regions
 */
export function assignRegions(
  shards: readonly WeightedShard[],
  before?: { shards: readonly WeightedShard[]; owners: ArrayLike<number> },
): Uint16Array {
  if (shards.length > REGIONS.length) {
    throw usageError(`geo has ${REGIONS.length} regions: of ${shards.length} shards some would have nothing`)
  }
  if (before === undefined) return dealOut(REGIONS.length, shards)
  return reassign(heldBy(before.owners, before.shards, shards), shards)
}

class RegionTable implements Placement {
  constructor(readonly owners: Uint16Array) {}

  /** By the region that the key begins with ("europe:cart-7"), else by that of its number. */
  shardOf(key: string): number {
    const colon = key.indexOf(':')
    const named = colon === -1 ? undefined : INDEX_OF_REGION.get(key.slice(0, colon))
    return this.owners[named ?? regionOf(key)] as number
  }

  get memoryBytes(): number {
    return this.owners.byteLength
  }
}

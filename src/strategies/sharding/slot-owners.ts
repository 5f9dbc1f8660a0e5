import { unknownValueError, usageError } from '../../core/errors.js'
import { SLOTS } from '../../core/shard-map.js'
import { assignSlots } from './directory.js'
import { assignRegions } from './geo.js'
import { REGIONS } from './keying.js'
import type { SchemeOptions, WeightedShard } from './port.js'
import { DEFAULT_SCHEME_OPTIONS, SHARDING_SCHEMES, shardingScheme } from './registry.js'
import { checkShards } from './shards.js'

/**
 * Which shard is to have which slot on a running stack: one index into `shards` per slot. Schemes that hash place the
 * strings "slot-0" to "slot-16383".
 * @param before what is there: schemes with a table move only what must, jump looks who leaves
 * @throws LabError (usage) for an unknown scheme and for shards that it cannot place on
 */
export function slotOwners(
  schemeName: string,
  shards: readonly WeightedShard[],
  options: Partial<SchemeOptions> = {},
  before?: { shards: readonly WeightedShard[]; owners: Uint8Array },
): Uint8Array {
  const scheme = shardingScheme(schemeName)
  if (scheme === undefined) {
    throw unknownValueError(
      'sharding scheme',
      schemeName,
      SHARDING_SCHEMES.map(({ name }) => name),
    )
  }
  if (shards.length > 256) throw usageError(`a slot's owner is one byte: at most 256 shards, not ${shards.length}`)
  checkShards(scheme, shards)
  // Slots are in the order of the users' numbers (range) or of the regions (geo): core/shard-map.ts, Keying.
  if (scheme.name === 'directory' || scheme.name === 'range') return Uint8Array.from(assignSlots(shards, before))
  if (scheme.name === 'geo') return ownersByRegion(shards, before)
  const placement = scheme.place(
    shards,
    { ...DEFAULT_SCHEME_OPTIONS, ...options, keys: SLOTS },
    before && { shards: before.shards, placement: { shardOf: () => 0, memoryBytes: 0 } },
  )
  return Uint8Array.from({ length: SLOTS }, (_, slot) => placement.shardOf(`slot-${slot}`))
}

function ownersByRegion(
  shards: readonly WeightedShard[],
  before?: { shards: readonly WeightedShard[]; owners: Uint8Array },
): Uint8Array {
  const size = SLOTS / REGIONS.length
  const regions = assignRegions(
    shards,
    before && { shards: before.shards, owners: REGIONS.map((_, region) => before.owners[region * size] ?? 0) },
  )
  return Uint8Array.from({ length: SLOTS }, (_, slot) => regions[Math.floor(slot / size)] ?? 0)
}

import { SLOTS } from '../../core/shard-map.js'
import type { Placed, Placement, ShardingScheme, WeightedShard } from './port.js'
import { dealOut, heldBy, reassign } from './reassign.js'
import { checkShards } from './shards.js'
import { slotOf } from './slots.js'

/**
 * A table of 16,384 slots: a key has a slot for ever (CRC16, hash tags), a slot has a shard for now. First the slots
 * are dealt out in stretches, later only as many move as must, from those who have too many.
 */
export const directory: ShardingScheme = {
  name: 'directory',
  summary: 'a table of 16,384 slots: even, weighted, and only the slots that must move do',
  source: 'Redis Cluster specification (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/)',
  weighted: true,
  removes: 'any',
  heeds: [],
  place(shards, _options, before) {
    checkShards(directory, shards)
    return new SlotTable(assignSlots(shards, before && tableOf(before)))
  },
}

/** The shard of each slot, as an index. @param before who had them */
export function assignSlots(
  shards: readonly WeightedShard[],
  before?: { shards: readonly WeightedShard[]; owners: ArrayLike<number> },
): Uint16Array {
  if (before === undefined) return dealOut(SLOTS, shards)
  return reassign(heldBy(before.owners, before.shards, shards), shards)
}

class SlotTable implements Placement {
  constructor(readonly owners: Uint16Array) {}

  shardOf(key: string): number {
    return this.owners[slotOf(key)] as number
  }

  get memoryBytes(): number {
    return this.owners.byteLength
  }
}

function tableOf({ shards, placement }: Placed): { shards: readonly WeightedShard[]; owners: Uint16Array } | undefined {
  return placement instanceof SlotTable ? { shards, owners: placement.owners } : undefined
}

import { usageError } from '../core/errors.js'
import type { ShardMap } from '../core/shard-map.js'
import type { ReshardPlan } from '../core/sharding.js'
import { movesOf } from './batches.js'
import type { Fleet } from './fleet.js'
import { newest } from './put-right.js'
import { countSlots, type SlotCount } from './shard-count.js'
import { shardWeightsOf, type Target, type Weights } from './target.js'

export type { Weights } from './target.js'

/** What moving to a target would do, counted by SQL now; changes nothing. @throws ShardAway */
export async function planReshard(fleet: Fleet, target: Target, weights?: BothWeights): Promise<ReshardPlan> {
  const map = newest(await fleet.each((shard) => shard.state()))
  return planOf(map, target, (await fleet.each(countSlots)).flat(), weights)
}

/** Where the map and the target do not say them. */
export interface BothWeights {
  before: Weights
  after: Weights
}

/**
 * The plan from its counts. The minimum is what every scheme must move so that keys lie by weight before and after: each
 * shard gives what its share shrinks by.
 */
export function planOf(
  map: ShardMap,
  target: Target,
  counts: readonly SlotCount[],
  { before, after }: BothWeights = { before: shardWeightsOf(map), after: shardWeightsOf(target) },
): ReshardPlan {
  if (target.shards.length === 0) throw usageError('there must be a shard to move to')
  const bySlot = new Map(counts.map((count) => [count.slot, count]))
  const moves = new Map<string, ReshardPlan['moves'][number]>()
  for (const { from, to, slot } of movesOf(map, target, () => 0)) {
    const move = moves.get(`${from} ${to}`) ?? { from, to, slots: 0, keys: 0, rows: 0, bytes: 0 }
    moves.set(`${from} ${to}`, move)
    const { keys, rows, bytes } = bySlot.get(slot) ?? { keys: 0, rows: 0, bytes: 0 }
    move.slots += 1
    move.keys += keys
    move.rows += rows
    move.bytes += bytes
  }
  const total = (of: 'keys' | 'rows' | 'bytes') => counts.reduce((sum, count) => sum + count[of], 0)
  const moved = (of: 'keys' | 'rows' | 'bytes') => [...moves.values()].reduce((sum, move) => sum + move[of], 0)
  return {
    from: { scheme: map.scheme, shards: map.shards.map(({ id }) => id) },
    to: { scheme: target.scheme, shards: target.shards.map(({ id }) => id) },
    moves: [...moves.values()],
    keys: {
      total: total('keys'),
      moved: moved('keys'),
      minimum: Math.round(total('keys') * minimumShare(shares(map.shards, before), shares(target.shards, after))),
    },
    rows: { total: total('rows'), moved: moved('rows') },
    bytes: { total: total('bytes'), moved: moved('bytes') },
  }
}

function minimumShare(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): number {
  return [...before].reduce((sum, [id, share]) => sum + Math.max(0, share - (after.get(id) ?? 0)), 0)
}

function shares(shards: ShardMap['shards'], weights: Weights): Map<string, number> {
  const sum = shards.reduce((all, { id }) => all + (weights.get(id) ?? 1), 0)
  return new Map(shards.map(({ id }) => [id, (weights.get(id) ?? 1) / sum]))
}

import type { WeightedShard } from '../strategies/sharding/port.js'

/** A set of shards; the plan goes from one to the next. */
export type ShardStage = readonly WeightedShard[]

/** shard-1 and so on with these weights. */
export function stageOf(weights: readonly number[]): ShardStage {
  return weights.map((weight, index) => ({ id: `shard-${index + 1}`, weight }))
}

/** Whether both have the same shards with the same relative weights. */
export function sameStage(a: ShardStage, b: ShardStage): boolean {
  const shares = sharesOf(a)
  const others = sharesOf(b)
  return a.length === b.length && a.every(({ id }) => Math.abs((shares.get(id) ?? 0) - (others.get(id) ?? 0)) < 1e-12)
}

/** What each shard should hold, by its weight. The shares sum to 1. */
export function sharesOf(stage: ShardStage): Map<string, number> {
  const total = stage.reduce((sum, { weight }) => sum + weight, 0)
  return new Map(stage.map(({ id, weight }) => [id, weight / total]))
}

/**
 * What any scheme must move so that keys lie by weight before and after: each shard gives what its share shrinks by,
 * the sum of max(0, old share - new share).
 */
export function minimumMoved(before: ShardStage, after: ShardStage): number {
  const shares = sharesOf(after)
  return [...sharesOf(before)].reduce((sum, [id, share]) => sum + Math.max(0, share - (shares.get(id) ?? 0)), 0)
}

/**
 * Whether a key need not have gone from one shard to another: the old one is still there and the new one was there
 * before, unless the weights ask for just that, the share of the old one shrinking and that of the new one growing.
 */
export function needlessMove(before: ShardStage, after: ShardStage): (from: string, to: string) => boolean {
  const old = sharesOf(before)
  const now = sharesOf(after)
  return (from, to) => {
    const [fromOld, fromNow, toOld, toNow] = [old.get(from), now.get(from), old.get(to), now.get(to)]
    if (fromOld === undefined || fromNow === undefined || toOld === undefined || toNow === undefined) return false
    return !(fromNow < fromOld - ROUNDING && toNow > toOld + ROUNDING)
  }
}

const ROUNDING = 1e-12

/**
 * The shards in the order in which a scheme numbers them that lets only the last one leave: the last takes the number of
 * one that is lost, as its users would have to do it, and new ones come into empty numbers first.
 */
export function renumbered(previous: ShardStage, next: ShardStage): ShardStage {
  const staying = new Map(next.map((shard) => [shard.id, shard]))
  const known = new Set(previous.map(({ id }) => id))
  const added = next.filter(({ id }) => !known.has(id))
  const numbers: (WeightedShard | null)[] = previous.map(({ id }) => staying.get(id) ?? null)
  for (let number = 0; number < numbers.length; number++) {
    if (numbers[number] !== null) continue
    const filler = added.shift() ?? lastOf(numbers, number)
    if (filler === null) break
    numbers[number] = filler
  }
  return [...numbers.filter((shard) => shard !== null), ...added]
}

/** Takes the last shard from behind a number, if there is one. */
function lastOf(numbers: (WeightedShard | null)[], behind: number): WeightedShard | null {
  while (numbers.length > behind + 1) {
    const last = numbers.pop() ?? null
    if (last !== null) return last
  }
  return null
}

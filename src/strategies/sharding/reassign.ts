import type { WeightedShard } from './port.js'
import { totalWeight } from './shards.js'

/** Units (slots, regions, pieces of a range) that nobody has. */
export const NOBODY = 65_535

/**
 * Deals units out in stretches: to each shard as many in a row as its weight asks for, rounded as redis-cli does it for
 * the slots of a new cluster ("--cluster create").
 */
export function dealOut(units: number, shards: readonly WeightedShard[]): Uint16Array {
  const owners = new Uint16Array(units)
  const total = totalWeight(shards)
  let first = 0
  let cursor = 0
  shards.forEach(({ weight }, index) => {
    cursor += (units * weight) / total
    const end = index === shards.length - 1 ? units : Math.round(cursor)
    owners.fill(index, first, end)
    first = Math.max(first, end)
  })
  return owners
}

/**
 * Moves as few units as it takes for each shard to have its share by weight, rounded up or down: units of nobody go to
 * those who have too few, then those who have too many give the last of theirs.
 * @param held the index of each unit's shard in `shards`, or NOBODY
 */
export function reassign(held: Uint16Array, shards: readonly WeightedShard[]): Uint16Array {
  const owners = held.slice()
  const counts = shards.map(() => 0)
  for (const owner of owners) if (owner !== NOBODY) counts[owner] = (counts[owner] ?? 0) + 1
  const lacking = sharesOf(owners.length, shards, counts).map((share, index) => share - (counts[index] ?? 0))

  let receiver = 0
  const give = (unit: number): void => {
    while ((lacking[receiver] ?? 0) <= 0) receiver += 1
    owners[unit] = receiver
    lacking[receiver] = (lacking[receiver] ?? 0) - 1
  }
  owners.forEach((owner, unit) => {
    if (owner === NOBODY) give(unit)
  })
  for (let unit = owners.length - 1; unit >= 0; unit--) {
    const owner = owners[unit] ?? NOBODY
    if ((lacking[owner] ?? 0) >= 0) continue
    lacking[owner] = (lacking[owner] ?? 0) + 1
    give(unit)
  }
  return owners
}

/** How many units each shard is to have: its share by weight rounded down, or up for those who have more already. */
function sharesOf(units: number, shards: readonly WeightedShard[], counts: readonly number[]): number[] {
  const total = totalWeight(shards)
  const exact = shards.map(({ weight }) => (units * weight) / total)
  const shares = exact.map(Math.floor)
  const left = units - shares.reduce((sum, share) => sum + share, 0)
  const rest = (index: number): number => (exact[index] ?? 0) - (shares[index] ?? 0)
  const more = (index: number): number => ((counts[index] ?? 0) > (shares[index] ?? 0) && rest(index) > 0 ? 1 : 0)
  shards
    .map((_, index) => index)
    .sort((a, b) => more(b) - more(a) || rest(b) - rest(a) || a - b)
    .slice(0, left)
    .forEach((index) => {
      shares[index] = (shares[index] ?? 0) + 1
    })
  return shares
}

/** Whose units were whose, by the shards that there are now. */
export function heldBy(
  owners: ArrayLike<number>,
  before: readonly WeightedShard[],
  shards: readonly WeightedShard[],
): Uint16Array {
  const now = before.map(({ id }) => {
    const index = shards.findIndex((shard) => shard.id === id)
    return index === -1 ? NOBODY : index
  })
  return Uint16Array.from({ length: owners.length }, (_, unit) => now[owners[unit] ?? NOBODY] ?? NOBODY)
}

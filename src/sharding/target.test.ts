import { describe, expect, it } from 'vitest'
import { decodeOwners, encodeOwners, type ShardMap, SLOTS } from '../core/shard-map.js'
import { finalMap, isReached, joinedMap, movedMap, ownerIds, targetOf, targetOfMap } from './target.js'

const named = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `shard-${index + 1}`, address: `10.0.0.${index + 1}:5432` }))
const map: ShardMap = {
  version: 5,
  scheme: 'modulo',
  keying: 'hash',
  span: 100,
  shards: named(3),
  owners: encodeOwners(Uint8Array.from({ length: SLOTS }, (_, slot) => slot % 3)),
}
const weighed = (count: number) => named(count).map((shard) => ({ ...shard, weight: 1 }))

describe('a target', () => {
  it('is reached by joining, moving and leaving, one version after the other', () => {
    const target = targetOf(map, 'jump', weighed(4))
    let now = joinedMap(map, target)
    expect(now.shards.map(({ id }) => id)).toEqual(['shard-1', 'shard-2', 'shard-3', 'shard-4'])
    expect(now.owners).toBe(map.owners)
    expect(() => finalMap(now, target)).toThrow(/not yet where it belongs/)
    const wanted = ownerIds(target)
    for (const id of ['shard-1', 'shard-2', 'shard-3', 'shard-4']) {
      const slots = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => wanted[slot] === id)
      now = movedMap(now, slots, id)
    }
    const end = finalMap(now, target)
    expect(end).toMatchObject({ version: 11, scheme: 'jump', keying: 'hash', span: 100 })
    expect(isReached(end, target)).toBe(true)
    expect(isReached(map, target)).toBe(false)
    expect(isReached(map, targetOfMap(map))).toBe(true)
  })

  it('of fewer shards names those that stay', () => {
    const target = targetOf(map, 'modulo', weighed(2))
    expect(target.shards.map(({ id }) => id)).toEqual(['shard-1', 'shard-2'])
    expect(Math.max(...decodeOwners(target.owners))).toBe(1)
    expect(joinedMap(map, target).shards).toHaveLength(3)
  })

  it('refuses a scheme that wants other slots, and one that nobody knows', () => {
    expect(() => targetOf(map, 'range', weighed(4))).toThrow(
      /wants slots by range, and those of this stack are by hash/,
    )
    expect(() => targetOf(map, 'rign', weighed(4))).toThrow(/unknown/)
  })
})

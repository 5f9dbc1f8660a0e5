import { describe, expect, it } from 'vitest'
import { decodeOwners, encodeOwners, SLOTS } from '../../core/shard-map.js'
import { REGIONS, slotOfKey } from './keying.js'
import type { WeightedShard } from './port.js'
import { keyingOf, SHARDING_SCHEMES } from './registry.js'
import { slotOwners } from './slot-owners.js'

function shards(count: number): WeightedShard[] {
  return Array.from({ length: count }, (_, i) => ({ id: `shard-${i + 1}`, weight: 1 }))
}

function counts(owners: Uint8Array): number[] {
  const found: number[] = []
  for (const owner of owners) found[owner] = (found[owner] ?? 0) + 1
  return found
}

const NAMES = SHARDING_SCHEMES.map(({ name }) => name)

describe.each(NAMES)('slots by %s', (name) => {
  it('all have an owner, every shard has some, and a map can hold them', () => {
    const owners = slotOwners(name, shards(4))
    expect(owners).toHaveLength(SLOTS)
    expect(counts(owners)).toHaveLength(4)
    expect(counts(owners).every((count) => count > SLOTS / 8)).toBe(true)
    expect(decodeOwners(encodeOwners(owners))).toEqual(owners)
  })
})

describe.each(['range', 'directory', 'geo'])('slots by %s', (name) => {
  it('move only as must be: to the shard that comes, from the one that leaves', () => {
    const three = slotOwners(name, shards(3))
    const four = slotOwners(name, shards(4), {}, { shards: shards(3), owners: three })
    const moved = [...four].filter((owner, slot) => owner !== three[slot])
    expect(new Set(moved)).toEqual(new Set([3]))
    expect(moved).toHaveLength(SLOTS / 4)
    const without = shards(4).filter(({ id }) => id !== 'shard-2')
    const back = slotOwners(name, without, {}, { shards: shards(4), owners: four })
    const id = (slot: number) => without[back[slot] ?? -1]?.id
    expect(four.every((owner, slot) => owner === 1 || shards(4)[owner]?.id === id(slot))).toBe(true)
    expect(Math.max(...counts(back)) - Math.min(...counts(back))).toBeLessThanOrEqual(name === 'geo' ? SLOTS / 8 : 1)
  })
})

describe('slots by range and region', () => {
  it('keep users with neighbouring numbers together', () => {
    const owners = slotOwners('range', shards(4))
    const of = (n: number) => owners[slotOfKey({ keying: keyingOf('range'), span: 400 }, `user-${n}`)]
    expect([1, 100, 101, 200, 201, 300, 301, 400].map(of)).toEqual([0, 0, 1, 1, 2, 2, 3, 3])
  })

  it('keep a region together', () => {
    const owners = slotOwners('geo', shards(3))
    REGIONS.forEach((_, region) => {
      const size = SLOTS / REGIONS.length
      expect(new Set(owners.subarray(region * size, (region + 1) * size)).size).toBe(1)
    })
  })
})

describe('what cannot be', () => {
  it('is said', () => {
    expect(() => slotOwners('rnig', shards(3))).toThrow('unknown sharding scheme "rnig"')
    expect(() => slotOwners('geo', shards(9))).toThrow('8 regions')
    expect(() => slotOwners('ring', shards(257))).toThrow('at most 256')
    expect(() =>
      slotOwners('modulo', [
        { id: 'a', weight: 1 },
        { id: 'b', weight: 2 },
      ]),
    ).toThrow('no weights')
    const before = { shards: shards(3), owners: slotOwners('jump', shards(3)) }
    expect(() => slotOwners('jump', shards(3).slice(1), {}, before)).toThrow('shard-1 cannot leave before shard-3')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WeightedShard } from './port.js'
import { dealOut, heldBy, NOBODY, reassign } from './reassign.js'

function shards(weights: readonly number[]): WeightedShard[] {
  return weights.map((weight, i) => ({ id: `shard-${i + 1}`, weight }))
}

function counts(owners: ArrayLike<number>, of: number): number[] {
  return Array.from({ length: of }, (_, index) => Array.from(owners).filter((owner) => owner === index).length)
}

describe('units on shards', () => {
  it('are dealt out as redis-cli does with three masters: 0-5460, 5461-10922, 10923-16383', () => {
    const owners = dealOut(16_384, shards([1, 1, 1]))
    expect([owners.indexOf(1), owners.indexOf(2), owners.lastIndexOf(2)]).toEqual([5_461, 10_923, 16_383])
  })

  const some = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 })

  it('are moved no more than must be, and are even by weight afterwards', () => {
    fc.assert(
      fc.property(some, fc.array(fc.nat(7), { minLength: 1, maxLength: 300 }), (weights, units) => {
        const held = Uint16Array.from(units, (unit) => (unit < weights.length ? unit : NOBODY))
        const owners = reassign(held, shards(weights))
        const before = counts(held, weights.length)
        const after = counts(owners, weights.length)
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        after.forEach((count, index) => {
          expect(Math.abs(count - (units.length * (weights[index] ?? 0)) / total)).toBeLessThan(1)
        })
        // What any assignment to within one of the fair shares must move: units above the share rounded up, and as many
        // more as the shares rounded down leave no room for.
        const fair = weights.map((weight) => (units.length * weight) / total)
        const room = units.length - fair.reduce((sum, share) => sum + Math.floor(share), 0)
        const above = before.filter((count, i) => count > Math.floor(fair[i] ?? 0) && !Number.isInteger(fair[i])).length
        const floors = before.reduce((sum, count, i) => sum + Math.min(count, Math.floor(fair[i] ?? 0)), 0)
        const moved = owners.filter((owner, unit) => owner !== held[unit]).length
        expect(moved).toBe(units.length - floors - Math.min(room, above))
      }),
    )
  })

  it('stay where they are when they are even', () => {
    const even = dealOut(16_384, shards([1, 2, 3]))
    expect(reassign(even, shards([1, 2, 3]))).toEqual(even)
  })

  it('follow their shards, by id, and those of shards that left are nobody’s', () => {
    const before = shards([1, 1, 1])
    const [first, , third] = before as [WeightedShard, WeightedShard, WeightedShard]
    expect([...heldBy([0, 1, 2, 2], before, [third, first])]).toEqual([1, NOBODY, 0, 0])
  })
})

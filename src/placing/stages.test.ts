import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minimumMoved, needlessMove, renumbered, type ShardStage, sameStage, sharesOf, stageOf } from './stages.js'

const equal = (count: number): ShardStage => stageOf(new Array<number>(count).fill(1))
const ids = (stage: ShardStage): string => stage.map(({ id }) => id.slice('shard-'.length)).join(' ')
const of = (...numbers: number[]): ShardStage => numbers.map((number) => ({ id: `shard-${number}`, weight: 1 }))

describe('minimumMoved', () => {
  it.each([
    ['one more', equal(3), equal(4), 1 / 4],
    ['one less', equal(4), equal(3), 1 / 4],
    ['three more', equal(3), equal(6), 1 / 2],
    ['one lost in the middle', equal(5), of(1, 3, 4, 5), 1 / 5],
    ['one twice as large', equal(3), stageOf([1, 1, 2]), 1 / 6],
    ['other units of weight', stageOf([1, 2]), stageOf([10, 20]), 0],
    ['all replaced', of(1, 2), of(3, 4), 1],
  ])('%s', (_, before, after, expected) => {
    expect(minimumMoved(before, after)).toBeCloseTo(expected, 12)
  })

  it('is what shards lose, and as much as others gain', () => {
    const weights = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(weights, weights, (a, b) => {
        const [before, after] = [stageOf(a), stageOf(b)]
        expect(minimumMoved(before, after)).toBeCloseTo(minimumMoved(after, before), 9)
        expect(minimumMoved(before, before)).toBe(0)
        expect([...sharesOf(before).values()].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
      }),
    )
  })
})

describe('needlessMove', () => {
  it('is one between shards that were there and stay', () => {
    const grows = needlessMove(equal(3), equal(4))
    expect(grows('shard-1', 'shard-4')).toBe(false)
    expect(grows('shard-1', 'shard-2')).toBe(true)
    const shrinks = needlessMove(equal(4), equal(3))
    expect(shrinks('shard-4', 'shard-1')).toBe(false)
    expect(shrinks('shard-2', 'shard-1')).toBe(true)
  })

  it('is none where the weights ask for it', () => {
    const heavier = needlessMove(equal(3), stageOf([1, 1, 2]))
    expect(heavier('shard-1', 'shard-3')).toBe(false)
    expect(heavier('shard-1', 'shard-2')).toBe(true)
    expect(heavier('shard-3', 'shard-1')).toBe(true)
  })
})

describe('renumbered', () => {
  it.each([
    ['the last leaves', equal(4), equal(3), '1 2 3'],
    ['one comes', equal(3), equal(4), '1 2 3 4'],
    ['one leaves: the last takes its number', equal(5), of(1, 3, 4, 5), '1 5 3 4'],
    ['two leave', equal(6), of(2, 4, 5, 6), '6 2 5 4'],
    ['the last two and another leave', equal(5), of(1, 3), '1 3'],
    ['a new one takes the empty number', equal(3), of(1, 3, 4), '1 4 3'],
    ['more come than leave', equal(3), of(1, 3, 4, 5), '1 4 3 5'],
    ['all are replaced', of(1, 2), of(3), '3'],
  ])('%s', (_, before, after, expected) => {
    expect(ids(renumbered(before, after))).toBe(expected)
  })

  it('has every shard of the next stage once, and most of those that stay keep their number', () => {
    const some = fc
      .uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 })
      .map((list) => of(...list))
    fc.assert(
      fc.property(some, some, (before, after) => {
        const result = renumbered(before, after)
        expect(result.map(({ id }) => id).sort()).toEqual(after.map(({ id }) => id).sort())
        const known = new Set(after.map(({ id }) => id))
        const lost = before.filter(({ id }) => !known.has(id)).length
        const changed = result.filter(
          ({ id }, number) => before.some((shard) => shard.id === id) && before[number]?.id !== id,
        )
        expect(changed.length).toBeLessThanOrEqual(lost)
      }),
    )
  })
})

describe('sameStage', () => {
  it('compares shards and shares', () => {
    expect(sameStage(equal(3), equal(3))).toBe(true)
    expect(sameStage(stageOf([1, 2]), stageOf([2, 4]))).toBe(true)
    expect(sameStage(equal(3), equal(4))).toBe(false)
    expect(sameStage(of(1, 2, 3), of(1, 2, 4))).toBe(false)
    expect(sameStage(equal(3), stageOf([1, 1, 2]))).toBe(false)
  })
})

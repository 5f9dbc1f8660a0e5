import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { largest, median, nearestRank, smallest } from './quantiles.js'

describe('median', () => {
  it.each<[number[], number | null]>([
    [[], null],
    [[7], 7],
    [[3, 1], 2],
    [[9, 1, 5], 5],
  ])('of %j is %j', (values, expected) => {
    expect(median(values)).toBe(expected)
  })
})

describe('nearestRank', () => {
  it.each<[number, number, number]>([
    [0.95, 30, 29],
    [0.95, 20, 19],
    [0.95, 1, 1],
    [0.5, 4, 2],
    [1, 12, 12],
  ])('%d of 1..%d is %d', (share, count, expected) => {
    expect(
      nearestRank(
        Array.from({ length: count }, (_, i) => count - i),
        share,
      ),
    ).toBe(expected)
    expect(nearestRank([], share)).toBeNull()
  })

  it('is exceeded by no more than the rest of the values', () => {
    const values = fc.array(fc.integer(), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (list, share) => {
        const rank = nearestRank(list, share) ?? Number.NaN
        expect(list.filter((value) => value <= rank).length).toBeGreaterThanOrEqual(share * list.length - 1e-6)
        expect(list.filter((value) => value < rank).length).toBeLessThan(share * list.length)
      }),
    )
  })
})

it('largest and smallest need a value', () => {
  expect(largest([])).toBeNull()
  expect(largest([2, 9, -3])).toBe(9)
  expect(smallest([])).toBeNull()
  expect(smallest([2, 9, -3])).toBe(-3)
})

import { describe, expect, it } from 'vitest'
import { seededRandom } from '../core/random.js'
import { chiSquareTest } from './chi-square.js'
import { Zipf } from './zipf.js'

describe('Zipf', () => {
  it.each([
    // count, exponent
    [2, 1],
    [10, 0.5],
    [10, 1],
    [100, 0.99],
    [100, 1.1],
    [1_000, 1],
    [40, 3],
    [1_000, 0.01],
  ])('of %d ranks with exponent %d draws as the law says', (count, exponent) => {
    const zipf = new Zipf(count, exponent)
    const random = seededRandom(11)
    const observed = new Array<number>(count).fill(0)
    const draws = 200_000
    for (let i = 0; i < draws; i++) {
      const rank = zipf.draw(random)
      observed[rank - 1] = (observed[rank - 1] ?? NaN) + 1
    }
    const weights = observed.map((_, i) => 1 / (i + 1) ** exponent)
    const sum = weights.reduce((all, weight) => all + weight, 0)
    // The rarest ranks, expected fewer than ten times, are one cell.
    const rare = weights.findIndex((weight) => (draws * weight) / sum < 10)
    const cut = rare < 0 ? count : rare
    const cells = observed.slice(0, cut).map((seen, i) => ({ observed: seen, weight: weights[i] ?? 0 }))
    if (cut < count) {
      const tail = (values: readonly number[]): number => values.slice(cut).reduce((all, value) => all + value, 0)
      cells.push({ observed: tail(observed), weight: tail(weights) })
    }
    expect(chiSquareTest(cells).pValue).toBeGreaterThan(0.001)
  })

  it('is told from a law with another exponent', () => {
    const zipf = new Zipf(50, 1)
    const random = seededRandom(11)
    const observed = new Array<number>(50).fill(0)
    for (let i = 0; i < 200_000; i++) {
      const rank = zipf.draw(random)
      observed[rank - 1] = (observed[rank - 1] ?? NaN) + 1
    }
    const cells = observed.map((seen, i) => ({ observed: seen, weight: 1 / (i + 1) ** 1.05 }))
    expect(chiSquareTest(cells).pValue).toBeLessThan(1e-6)
  })

  it('stays within a million ranks, and within one', () => {
    const random = seededRandom(3)
    const large = new Zipf(1_000_000, 0.99)
    for (let i = 0; i < 50_000; i++) {
      const rank = large.draw(random)
      expect(Number.isInteger(rank) && rank >= 1 && rank <= 1_000_000).toBe(true)
    }
    const one = new Zipf(1, 1.3)
    for (let i = 0; i < 100; i++) expect(one.draw(random)).toBe(1)
    // The ends of what a random source can give.
    for (const edge of [0, 1 - 2 ** -32]) expect(large.draw(() => edge)).toBeGreaterThanOrEqual(1)
  })

  it.each([
    [0, 1],
    [1.5, 1],
    [10, 0],
    [10, Number.NaN],
  ])('of %d ranks with exponent %d is refused', (count, exponent) => {
    expect(() => new Zipf(count, exponent)).toThrow(RangeError)
  })
})

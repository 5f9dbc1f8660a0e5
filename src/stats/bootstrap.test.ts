import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exponential, seededRandom } from '../core/random.js'
import { bootstrapMean } from './bootstrap.js'

/** Box and Muller. */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

const DRAWS: Record<string, { mean: number; draw: (random: () => number) => number }> = {
  normal: { mean: 0, draw: normal },
  exponential: { mean: 1, draw: (random) => exponential(random, 1) },
  'log-normal': { mean: Math.exp(0.125), draw: (random) => Math.exp(0.5 * normal(random)) },
}

describe('bootstrapMean', () => {
  it.each(Object.keys(DRAWS).flatMap((name) => [6, 10].map((n) => [name, n] as const)))(
    'holds the true mean of %s values, %d of them, in at least 92 of 100 cases',
    (name, n) => {
      const { mean, draw } = DRAWS[name] ?? { mean: 0, draw: normal }
      const random = seededRandom(20_261_126 + n)
      const cases = 1_000
      let covered = 0
      for (let i = 0; i < cases; i++) {
        const [low, high] = bootstrapMean(
          Array.from({ length: n }, () => draw(random)),
          i,
        ) ?? [0, 0]
        if (low <= mean && mean <= high) covered++
      }
      expect(covered / cases).toBeGreaterThanOrEqual(0.92)
      // Nor may it hold it because it is endless.
      expect(covered / cases).toBeLessThan(0.99)
    },
  )

  it("reaches at least as far as Student's interval, and at most three times", () => {
    // The sleep data of Student 1908: mean 1.58, Student's interval 0.70 to 2.46.
    const [low, high] = bootstrapMean([1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4], 1) ?? [0, 0]
    expect(low).toBeLessThanOrEqual(0.7002)
    expect(low).toBeGreaterThan(1.58 - 3 * 0.88)
    expect(high).toBeGreaterThanOrEqual(2.4598)
    expect(high).toBeLessThan(1.58 + 3 * 0.881)
  })

  it('leans to the side of the outlier, and is finite where most resamples have no spread', () => {
    // Errors in one block of six: a third of the resamples are all zeros.
    const [low, high] = bootstrapMean([0, 0, 0, 0, 0, 0.006], 1) ?? [0, 0]
    expect(high - 0.001).toBeGreaterThan(0.001 - low)
    expect(high).toBeLessThan(0.01)
    expect(low).toBeLessThan(0)
  })

  it('has no width where all values are the same, rounding aside', () => {
    expect(bootstrapMean([3, 3, 3, 3, 3, 3], 1)).toEqual([3, 3])
    expect(bootstrapMean([0, 0], 1)).toEqual([0, 0])
    const [low, high] = bootstrapMean([0.1 + 0.2, 0.3, 0.3, 0.3], 1) ?? [0, 1]
    expect(high).toBe(low)
  })

  it('says nothing of one value, or of none', () => {
    expect(bootstrapMean([1], 1)).toBeNull()
    expect(bootstrapMean([], 1)).toBeNull()
  })

  it('is the same for the same seed, and close to it for another', () => {
    const values = [0.1, 0.3, 0.4, 0.7, 0.9, 1.3, 1.8, 2.6]
    const [low, high] = bootstrapMean(values, 1) ?? [0, 0]
    expect(bootstrapMean(values, 1)).toEqual([low, high])
    const other = bootstrapMean(values, 2) ?? [0, 0]
    expect(other).not.toEqual([low, high])
    expect(Math.abs(other[0] - low)).toBeLessThan(0.1 * (high - low))
    expect(Math.abs(other[1] - high)).toBeLessThan(0.1 * (high - low))
  })

  it('holds the mean, and turns, moves and stretches with the values', () => {
    const values = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 2, maxLength: 12 })
    fc.assert(
      fc.property(values, fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 9 }), (given, shift, factor) => {
        const [low, high] = bootstrapMean(given, 5) ?? [0, 0]
        const mean = given.reduce((a, b) => a + b, 0) / given.length
        expect(low).toBeLessThanOrEqual(mean + 1e-9)
        expect(high).toBeGreaterThanOrEqual(mean - 1e-9)
        const turned = bootstrapMean(
          given.map((value) => -value),
          5,
        ) ?? [0, 0]
        expect(turned[0]).toBeCloseTo(-high, 6)
        expect(turned[1]).toBeCloseTo(-low, 6)
        const moved = bootstrapMean(
          given.map((value) => value * factor + shift),
          5,
        ) ?? [0, 0]
        expect(moved[0]).toBeCloseTo(low * factor + shift, 6)
        expect(moved[1]).toBeCloseTo(high * factor + shift, 6)
      }),
      { numRuns: 60 },
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chiSquareTail, chiSquareTest } from './chi-square.js'

describe('chiSquareTail', () => {
  // Critical values of the chi-square distribution, NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.4.
  it.each([
    [3.841, 1, 0.05],
    [5.991, 2, 0.05],
    [7.815, 3, 0.05],
    [11.07, 5, 0.05],
    [16.919, 9, 0.05],
    [2.706, 1, 0.1],
    [6.635, 1, 0.01],
    [13.816, 2, 0.001],
    [29.588, 10, 0.001],
    [124.342, 100, 0.05],
    [0.103, 2, 0.95],
    [2.558, 10, 0.99],
  ])('gives %d with %d degrees of freedom p = %d', (statistic, degreesOfFreedom, p) => {
    expect(Math.abs(chiSquareTail(statistic, degreesOfFreedom) - p)).toBeLessThan(p < 0.01 ? 1e-6 : 3e-4)
  })
})

describe('chiSquareTest', () => {
  it("matches Mendel's peas: 315, 108, 101, 32 against 9:3:3:1", () => {
    const test = chiSquareTest([
      { observed: 315, weight: 9 },
      { observed: 108, weight: 3 },
      { observed: 101, weight: 3 },
      { observed: 32, weight: 1 },
    ])
    expect(test.statistic).toBeCloseTo(0.47, 3)
    expect(test.degreesOfFreedom).toBe(3)
    expect(test.pValue).toBeCloseTo(0.9254, 4)
  })

  it('finds a perfect fit certain and a hopeless one impossible', () => {
    expect(chiSquareTest([100, 100, 100].map((observed) => ({ observed, weight: 1 }))).pValue).toBe(1)
    expect(chiSquareTest([3_000, 0, 0].map((observed) => ({ observed, weight: 1 }))).pValue).toBeLessThan(1e-300)
  })

  it('depends neither on the scale of the weights nor on the order of the cells', () => {
    const cell = fc.record({
      observed: fc.integer({ min: 1, max: 10_000 }),
      weight: fc.integer({ min: 1, max: 20 }),
    })
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2, maxLength: 12 }), fc.integer({ min: 2, max: 9 }), (cells, factor) => {
        const plain = chiSquareTest(cells)
        const scaled = chiSquareTest(cells.map(({ observed, weight }) => ({ observed, weight: weight * factor })))
        const turned = chiSquareTest([...cells].reverse())
        expect(scaled.statistic).toBeCloseTo(plain.statistic, 6)
        expect(turned.pValue).toBeCloseTo(plain.pValue, 8)
        expect(plain.pValue).toBeGreaterThanOrEqual(0)
        expect(plain.pValue).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('refuses what cannot be tested', () => {
    expect(() => chiSquareTest([{ observed: 1, weight: 1 }])).toThrow(RangeError)
    expect(() => chiSquareTest([0, 0].map((observed) => ({ observed, weight: 1 })))).toThrow(RangeError)
    expect(() => chiSquareTest([1, 2].map((observed) => ({ observed, weight: 0 })))).toThrow(RangeError)
    expect(() => chiSquareTest([1, -2].map((observed) => ({ observed, weight: 1 })))).toThrow(RangeError)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jainIndex } from './fairness.js'

describe('jainIndex', () => {
  it("has the paper's property: k of n users served alike and the others not at all give k/n", () => {
    for (let n = 1; n <= 10; n++) {
      for (let k = 1; k <= n; k++) {
        const values = Array.from({ length: n }, (_, i) => (i < k ? 20 / k : 0))
        expect(jainIndex(values)).toBeCloseTo(k / n, 12)
      }
    }
  })

  it("matches Jain's worked example (ATM Forum 99-0045): throughputs 50, 30, 50 against fair 50, 10, 10", () => {
    // x_i / fair_i = 1, 3, 5: (1 + 3 + 5)^2 / (3 (1 + 9 + 25)) = 81/105.
    expect(jainIndex([50 / 50, 30 / 10, 50 / 10])).toBeCloseTo(81 / 105, 12)
  })

  it('is 0.8 where one of two has three times the other', () => {
    expect(jainIndex([3, 1])).toBeCloseTo(0.8, 12)
  })

  it('lies between 1/n and 1, whatever the scale', () => {
    const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(values, fc.double({ min: 0.001, max: 1_000, noNaN: true }), (list, factor) => {
        fc.pre(list.some((value) => value > 1e-3))
        const index = jainIndex(list) ?? Number.NaN
        expect(index).toBeGreaterThanOrEqual(1 / list.length - 1e-9)
        expect(index).toBeLessThanOrEqual(1 + 1e-9)
        expect(jainIndex(list.map((value) => value * factor))).toBeCloseTo(index, 9)
      }),
    )
  })

  it('has no answer where there is nothing', () => {
    expect(jainIndex([])).toBeNull()
    expect(jainIndex([0, 0])).toBeNull()
  })
})

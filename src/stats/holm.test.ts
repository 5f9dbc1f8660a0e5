import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holmAdjusted } from './holm.js'

describe('holmAdjusted', () => {
  // What R's p.adjust(p, "holm") gives.
  it.each([
    [
      [0.01, 0.04, 0.03, 0.005],
      [0.03, 0.06, 0.06, 0.02],
    ],
    [
      [0.01, 0.02, 0.03, 0.04, 0.05],
      [0.05, 0.08, 0.09, 0.09, 0.09],
    ],
    [
      [0.5, 0.6, 0.9],
      [1, 1, 1],
    ],
    [[0.03125], [0.03125]],
    [[], []],
  ])('of %j is %j', (pValues, adjusted) => {
    const found = holmAdjusted(pValues)
    expect(found).toHaveLength(adjusted.length)
    for (const [i, p] of adjusted.entries()) expect(found[i]).toBeCloseTo(p, 12)
  })

  const pValues = fc.array(fc.double({ min: 1e-9, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 })

  it('stays between the p value and that of Bonferroni, keeps the order, and rises with every p value', () => {
    fc.assert(
      fc.property(pValues, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (values, at, towards) => {
        const adjusted = holmAdjusted(values)
        for (const [i, p] of values.entries()) {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p)
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, p * values.length))
          for (const [j, other] of values.entries())
            if (p < other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j] ?? 0)
        }
        const raised = holmAdjusted(values.map((p, i) => (i === at % values.length ? p + (1 - p) * towards : p)))
        for (const [i, p] of adjusted.entries()) expect(raised[i]).toBeGreaterThanOrEqual(p - 1e-12)
      }),
    )
  })

  it('does not depend on the order of the tests', () => {
    fc.assert(
      fc.property(pValues, (values) => {
        expect(holmAdjusted([...values].reverse())).toEqual(holmAdjusted(values).reverse())
      }),
    )
  })
})

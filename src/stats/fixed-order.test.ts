import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../core/random.js'
import { adjustedInOrder } from './fixed-order.js'

const flat = (pValues: readonly number[]): number[] => adjustedInOrder(pValues.map((p) => [p])).flat()

describe('adjustedInOrder, with one test in each sequence', () => {
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
  ])('is the procedure of Holm: of %j it is %j', (pValues, adjusted) => {
    const found = flat(pValues)
    expect(found).toHaveLength(adjusted.length)
    for (const [i, p] of adjusted.entries()) expect(found[i]).toBeCloseTo(p, 12)
  })

  const pValues = fc.array(fc.double({ min: 1e-9, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 })

  it('stays between the p value and that of Bonferroni, keeps the order, and rises with every p value', () => {
    fc.assert(
      fc.property(pValues, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (values, at, towards) => {
        const adjusted = flat(values)
        for (const [i, p] of values.entries()) {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p)
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, p * values.length))
          for (const [j, other] of values.entries())
            if (p < other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j] ?? 0)
        }
        const raised = flat(values.map((p, i) => (i === at % values.length ? p + (1 - p) * towards : p)))
        for (const [i, p] of adjusted.entries()) expect(raised[i]).toBeGreaterThanOrEqual(p - 1e-12)
      }),
    )
  })

  it('does not depend on the order of the sequences', () => {
    fc.assert(
      fc.property(pValues, (values) => {
        expect(flat([...values].reverse())).toEqual(flat(values).reverse())
      }),
    )
  })
})

describe('adjustedInOrder, with sequences of tests', () => {
  it('takes nothing for a test whose predecessors were significant, and lets nothing past one that was not', () => {
    expect(adjustedInOrder([[0.03, 0.03, 0.01, 0.03]])).toEqual([[0.03, 0.03, 0.03, 0.03]])
    expect(adjustedInOrder([[0.03, 0.4, 0.001]])).toEqual([[0.03, 0.4, 0.4]])
  })

  it('leaves the share of a sequence to the others only when it has come through to its end', () => {
    expect(adjustedInOrder([[0.01, 0.02], [0.03]])).toEqual([[0.02, 0.04], [0.04]])
    expect(adjustedInOrder([[0.01, 0.2], [0.03]])).toEqual([[0.02, 0.2], [0.06]])
  })

  it('has no share for a sequence without tests', () => {
    expect(adjustedInOrder([[], [0.03], []])).toEqual([[], [0.03], []])
  })

  // The worst that the truth can be: differences that are certain before some that are none.
  it.each([
    ['nothing differs', [0, 0, 0]],
    ['one variant differs in its first figure', [1, 0, 0]],
    ['one differs in all of them', [4, 0, 0]],
    ['all differ in their first figure', [1, 1, 1]],
    ['all differ, each up to another figure', [1, 2, 3]],
    ['one variant alone, that differs in two', [2]],
  ])('finds a difference where there is none at most 5 times in 100: %s', (_, real) => {
    const random = seededRandom(7)
    const figures = 4
    const comparisons = 40_000
    let alarms = 0
    for (let i = 0; i < comparisons; i++) {
      const adjusted = adjustedInOrder(
        real.map((certain) => Array.from({ length: figures }, (_, figure) => (figure < certain ? 0 : random()))),
      )
      if (adjusted.some((own, variant) => own.some((p, figure) => figure >= (real[variant] ?? 0) && p <= 0.05)))
        alarms++
    }
    // Three standard errors of a share of 5 % in so many comparisons.
    expect(alarms / comparisons).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / comparisons))
  })
})

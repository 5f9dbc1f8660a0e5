import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { studentQuantile, studentWithin } from './student-t.js'

describe("Student's t", () => {
  // Critical values, NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, two-sided.
  it.each([
    [0.95, 1, 12.706],
    [0.95, 2, 4.303],
    [0.95, 5, 2.571],
    [0.95, 9, 2.262],
    [0.95, 30, 2.042],
    [0.95, 100, 1.984],
    [0.95, 2_000, 1.961],
    [0.9, 5, 2.015],
    [0.99, 9, 3.25],
    [0.99, 10, 3.169],
  ])('stays with a chance of %d and %d degrees of freedom within %d', (probability, degreesOfFreedom, t) => {
    expect(Math.abs(studentQuantile(probability, degreesOfFreedom) - t)).toBeLessThan(6e-4)
  })

  it('is Cauchy with one degree of freedom', () => {
    expect(studentWithin(1, 1)).toBeCloseTo(0.5, 12)
  })

  it('has a chance that undoes the quantile', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 200 }), (share, df) => {
        expect(studentWithin(studentQuantile(share, df), df)).toBeCloseTo(share, 9)
      }),
    )
  })

  it('refuses degrees of freedom that there are not', () => {
    expect(() => studentWithin(1, 0)).toThrow(RangeError)
    expect(() => studentWithin(1, 2.5)).toThrow(RangeError)
  })
})

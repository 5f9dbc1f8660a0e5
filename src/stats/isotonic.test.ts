import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isotonic } from './isotonic.js'

const ones = (values: readonly number[]): { value: number; weight: number }[] =>
  values.map((value) => ({ value, weight: 1 }))

describe('isotonic', () => {
  it.each([
    [[], []],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
    [
      [3, 2, 1],
      [2, 2, 2],
    ],
    // The example of scikit-learn's IsotonicRegression and of R's isoreg: 1, 0, 4, 3, 3, 5, 4, 2, 0.
    [
      [1, 0, 4, 3, 3, 5, 4, 2, 0],
      [0.5, 0.5, 3, 3, 3, 3, 3, 3, 3],
    ],
  ])('fits %j by %j', (values, fitted) => {
    expect(isotonic(ones(values))).toEqual(fitted)
  })

  it('weighs: three times the same is once with the weight 3', () => {
    expect(
      isotonic([
        { value: 4, weight: 3 },
        { value: 0, weight: 1 },
      ]),
    ).toEqual([3, 3])
  })

  const observations = fc.array(
    fc.record({ value: fc.integer({ min: -50, max: 50 }), weight: fc.integer({ min: 1, max: 9 }) }),
    { maxLength: 30 },
  )

  it('never falls, keeps the weighted mean, and leaves what never falls as it is', () => {
    fc.assert(
      fc.property(observations, (all) => {
        const fitted = isotonic(all)
        for (const [i, value] of fitted.entries()) expect(value).toBeGreaterThanOrEqual(fitted[i - 1] ?? value)
        const total = (read: (i: number) => number): number =>
          all.reduce((sum, { weight }, i) => sum + weight * read(i), 0)
        expect(total((i) => fitted[i] ?? 0)).toBeCloseTo(
          total((i) => all[i]?.value ?? 0),
          6,
        )
        const again = isotonic(fitted.map((value) => ({ value, weight: 1 })))
        for (const [i, value] of again.entries()) expect(value).toBeCloseTo(fitted[i] ?? 0, 9)
      }),
    )
  })

  it('is nearer to the values than any other sequence that never falls', () => {
    fc.assert(
      fc.property(observations, fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 30 }), (all, other) => {
        const rival = other.toSorted((a, b) => a - b)
        fc.pre(rival.length >= all.length)
        const distance = (fit: readonly number[]): number =>
          all.reduce((sum, { value, weight }, i) => sum + weight * (value - (fit[i] ?? 0)) ** 2, 0)
        expect(distance(isotonic(all))).toBeLessThanOrEqual(distance(rival) + 1e-6)
      }),
    )
  })
})

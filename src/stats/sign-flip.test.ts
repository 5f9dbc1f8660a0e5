import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signFlipTest, smallestP } from './sign-flip.js'

/** Heights of crossed minus self-fertilised maize, in eighths of an inch: Darwin's, in Fisher 1935, section 17. */
const DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]

describe('signFlipTest', () => {
  it("finds 863 of the 32,768 assignments of Darwin's maize at or beyond the mean, on either side (Fisher 1935)", () => {
    expect(signFlipTest(DARWIN, 1)).toEqual({ p: (2 * 863) / 32_768, exact: true })
  })

  it('gives six blocks all one way 0.03125', () => {
    expect(signFlipTest([1.2, 0.4, 3, 2.2, 0.1, 0.9], 1)).toEqual({ p: 0.03125, exact: true })
    expect(signFlipTest([-5, -5, -5, -5, -5, -5], 1)).toEqual({ p: 0.03125, exact: true })
  })

  it('keeps zeros, and is certain of nothing but zeros', () => {
    expect(signFlipTest([1, 2, 0, 0], 1).p).toBe(0.5)
    expect(signFlipTest([0, 0, 0, 0, 0, 0, 0, 0], 1).p).toBe(1)
  })

  it('counts sums that differ by rounding alone as equal', () => {
    // 0.1 + 0.2 - 0.3 is 5.6e-17: not a mean that only some assignments reach.
    expect(signFlipTest([0.1, 0.2, -0.3], 1).p).toBe(1)
    // All eight assignments of three equal differences: two reach 3, none in another order of summing less.
    expect(signFlipTest([0.1, 0.1, 0.1], 1).p).toBe(0.25)
  })

  it('agrees with every assignment looked at one by one', () => {
    const differences = fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(differences, (values) => {
        const sumOf = (mask: number) => values.reduce((sum, v, i) => sum + ((mask >> i) & 1 ? v : -v), 0)
        const sums = Array.from({ length: 2 ** values.length }, (_, mask) => Math.abs(sumOf(mask)))
        const observed = Math.abs(values.reduce((a, b) => a + b, 0))
        expect(signFlipTest(values, 1).p).toBe(sums.filter((sum) => sum >= observed).length / sums.length)
      }),
    )
  })

  it('lies in (0, 1], from the smallest possible on, whatever the unit, the order and which side is the baseline', () => {
    // Whole 64ths: neither their sums nor scaling by powers of two round, as those of the smallest doubles would.
    const whole = fc.integer({ min: -100_000, max: 100_000 }).map((value) => value / 64)
    const differences = fc.array(whole, { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(differences, fc.integer({ min: -20, max: 20 }), (values, exponent) => {
        const { p } = signFlipTest(values, 1)
        expect(p).toBeGreaterThanOrEqual(smallestP(values.length))
        expect(p).toBeLessThanOrEqual(1)
        const scaled = values.map((value) => value * 2 ** exponent)
        for (const other of [values.map((value) => -value), scaled, [...values].reverse()]) {
          expect(signFlipTest(other, 1).p).toBe(p)
        }
      }),
    )
  })

  it('samples assignments above 20 differences, the same ones for the same seed, and says so', () => {
    // An exact value to hold the sample against: for 24 differences of one size, a binomial one.
    const values = Array.from({ length: 24 }, (_, i) => (i < 17 ? 1 : -1))
    const sampled = signFlipTest(values, 7)
    expect(sampled.exact).toBe(false)
    expect(Math.abs(sampled.p - 0.0639)).toBeLessThan(0.003)
    expect(signFlipTest(values, 7)).toEqual(sampled)
    expect(signFlipTest(values, 8).p).not.toBe(sampled.p)
    expect(
      signFlipTest(
        Array.from({ length: 30 }, () => 1),
        1,
      ).p,
    ).toBe(smallestP(30))
    expect(smallestP(30)).toBeGreaterThan(0)
  })

  it('refuses what has no mean', () => {
    expect(() => signFlipTest([], 1)).toThrow(RangeError)
    expect(() => signFlipTest([1, Number.NaN], 1)).toThrow(RangeError)
    expect(() => signFlipTest([1, Number.POSITIVE_INFINITY], 1)).toThrow(RangeError)
  })
})

describe('smallestP', () => {
  it.each([
    [1, 1],
    [2, 0.5],
    [5, 0.0625],
    [6, 0.03125],
    [10, 0.001953125],
  ])('of %d differences is %d', (differences, p) => {
    expect(smallestP(differences)).toBe(p)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logGamma, regularizedGammaQ } from './gamma.js'

describe('logGamma', () => {
  it('is ln (n-1)! for whole numbers', () => {
    let factorial = 1
    for (let n = 1; n <= 20; n++) {
      expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 10)
      factorial *= n
    }
  })

  it('is ln sqrt(pi) at one half', () => {
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12)
  })

  it('follows Gamma(x + 1) = x Gamma(x)', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 500, noNaN: true }), (x) => {
        expect(logGamma(x + 1) - logGamma(x)).toBeCloseTo(Math.log(x), 8)
      }),
    )
  })

  it('refuses what has no logarithm', () => {
    expect(() => logGamma(0)).toThrow(RangeError)
    expect(() => logGamma(Number.NaN)).toThrow(RangeError)
  })
})

describe('regularizedGammaQ', () => {
  it('is exp(-x) for a = 1', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 300, noNaN: true }), (x) => {
        const expected = Math.exp(-x)
        expect(Math.abs(regularizedGammaQ(1, x) - expected)).toBeLessThan(1e-12)
      }),
    )
  })

  it('lies between 0 and 1 and falls with x', () => {
    const a = fc.double({ min: 0.1, max: 200, noNaN: true })
    const x = fc.double({ min: 0, max: 400, noNaN: true })
    fc.assert(
      fc.property(a, x, x, (shape, one, other) => {
        const low = regularizedGammaQ(shape, Math.min(one, other))
        const high = regularizedGammaQ(shape, Math.max(one, other))
        expect(low).toBeGreaterThanOrEqual(high - 1e-12)
        expect(low).toBeLessThanOrEqual(1 + 1e-12)
        expect(high).toBeGreaterThanOrEqual(-1e-12)
      }),
    )
  })

  it('follows Q(a + 1, x) = Q(a, x) + x^a exp(-x) / Gamma(a + 1), across the switch of methods', () => {
    const a = fc.double({ min: 0.5, max: 50, noNaN: true })
    const x = fc.double({ min: 0.1, max: 100, noNaN: true })
    fc.assert(
      fc.property(a, x, (shape, at) => {
        const step = Math.exp(shape * Math.log(at) - at - logGamma(shape + 1))
        expect(regularizedGammaQ(shape + 1, at)).toBeCloseTo(regularizedGammaQ(shape, at) + step, 9)
      }),
    )
  })

  it('has its ends', () => {
    expect(regularizedGammaQ(3, 0)).toBe(1)
    expect(regularizedGammaQ(3, Number.POSITIVE_INFINITY)).toBe(0)
    expect(() => regularizedGammaQ(0, 1)).toThrow(RangeError)
    expect(() => regularizedGammaQ(1, -1)).toThrow(RangeError)
  })
})

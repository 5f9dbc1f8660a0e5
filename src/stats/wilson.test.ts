import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wilsonInterval } from './wilson.js'

describe('wilsonInterval', () => {
  // Newcombe 1998, Table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %d in %d reaches from %d to %d', (happened, trials, from, to) => {
    const [low, high] = wilsonInterval(happened, trials)
    expect(low).toBeCloseTo(from, 4)
    expect(high).toBeCloseTo(to, 4)
  })

  it('holds the share, stays within 0 and 1, and mirrors', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.nat(), (trials, n) => {
        const happened = n % (trials + 1)
        const [low, high] = wilsonInterval(happened, trials)
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        expect(low).toBeLessThanOrEqual(happened / trials)
        expect(high).toBeGreaterThanOrEqual(happened / trials)
        expect(wilsonInterval(trials - happened, trials)[0]).toBeCloseTo(1 - high, 12)
      }),
    )
  })

  it('refuses what are no counts', () => {
    expect(() => wilsonInterval(0, 0)).toThrow(RangeError)
    expect(() => wilsonInterval(3, 2)).toThrow(RangeError)
    expect(() => wilsonInterval(-1, 2)).toThrow(RangeError)
  })
})

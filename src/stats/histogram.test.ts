import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Histogram, mergeEncoded } from './histogram.js'

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

/** Durations from 1 us to 1 h in milliseconds, evenly over the orders of magnitude. */
const durations = fc.array(
  fc.double({ min: -3, max: 6.5, noNaN: true }).map((exponent) => 10 ** exponent),
  { minLength: 1, maxLength: 300 },
)

describe('Histogram', () => {
  it('has no figures when empty', () => {
    expect(new Histogram().percentiles()).toEqual({
      count: 0,
      mean: null,
      p50: null,
      p90: null,
      p95: null,
      p99: null,
      p99_9: null,
      max: null,
    })
    expect(new Histogram().distribution(10)).toEqual([])
  })

  it('keeps single microseconds', () => {
    const { p50, max, mean } = histogramOf([0.013]).percentiles()
    expect([p50, max, mean]).toEqual([0.013, 0.013, 0.013])
  })

  it.each([
    [0, 0.001],
    [-5, 0.001],
    [3_600_000, 3_600_000],
    [9_999_999, 3_600_000],
  ])('clamps %d ms to %d ms', (value, kept) => {
    expect(histogramOf([value]).percentiles().p50).toBeCloseTo(kept, 3)
  })

  it('gives every percentile within 0.1 % and half a microsecond of the exact one', () => {
    fc.assert(
      fc.property(durations, fc.double({ min: 0.1, max: 100, noNaN: true }), (values, percent) => {
        const sorted = [...values].sort((a, b) => a - b)
        const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length - 1e-9))
        const exact = sorted[rank - 1] ?? Number.NaN
        const measured = histogramOf(values).percentile(percent) ?? Number.NaN
        expect(Math.abs(measured - exact)).toBeLessThanOrEqual(exact * 0.001 + 0.0006)
      }),
    )
  })

  it('merges to what one histogram of all values holds, in any split, through the encoding', () => {
    fc.assert(
      fc.property(durations, durations, (left, right) => {
        const whole = histogramOf([...left, ...right])
        const merged = Histogram.decode(mergeEncoded([histogramOf(left).encode(), histogramOf(right).encode()]))
        expect(merged.count).toBe(whole.count)
        for (const percent of [1, 50, 90, 99, 99.9]) {
          expect(Math.abs((merged.percentile(percent) ?? -1) / (whole.percentile(percent) ?? 1) - 1)).toBeLessThan(
            0.001,
          )
        }
      }),
    )
  })

  it('is the same again from its counts', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const histogram = histogramOf(values)
        expect(Histogram.ofCounts(histogram.counts).encode()).toBe(histogram.encode())
      }),
    )
    expect(Histogram.ofCounts(new Histogram().counts).encode()).toBe(mergeEncoded([]))
  })

  it('is unchanged by merging nothing', () => {
    const histogram = histogramOf([1, 2, 3])
    const before = histogram.percentiles()
    histogram.merge(Histogram.decode(mergeEncoded([])))
    expect(histogram.percentiles()).toEqual(before)
    expect(Histogram.decode(mergeEncoded([])).count).toBe(0)
  })

  it('starts anew after a reset', () => {
    const histogram = histogramOf([500])
    histogram.reset()
    histogram.record(1)
    expect(histogram.percentiles()).toMatchObject({ count: 1, p50: 1, max: 1 })
  })

  it('gives a distribution that rises to 1', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const points = histogramOf(values).distribution(40)
        expect(points.at(-1)?.share).toBe(1)
        expect(points.length).toBeLessThanOrEqual(41)
        for (let i = 1; i < points.length; i++) {
          expect(points[i]?.ms).toBeGreaterThan(points[i - 1]?.ms ?? Number.POSITIVE_INFINITY)
          expect(points[i]?.share).toBeGreaterThan(points[i - 1]?.share ?? Number.POSITIVE_INFINITY)
        }
      }),
    )
  })

  it('refuses a text that is no histogram', () => {
    expect(() => Histogram.decode('AAAA')).toThrow()
  })
})

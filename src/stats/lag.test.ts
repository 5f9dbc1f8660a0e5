import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lagOf } from './lag.js'

describe('lagOf', () => {
  it.each<[number[], object]>([
    [[], { samples: 0, mean: null, p50: null, p95: null, p99: null, max: null }],
    [[3], { samples: 1, mean: 3, p50: 3, p95: 3, p99: 3, max: 3 }],
    [[4, 1, 3, 2], { samples: 4, mean: 2.5, p50: 2, p95: 4, p99: 4, max: 4 }],
    [
      Array.from({ length: 200 }, (_, i) => i + 1),
      { samples: 200, mean: 100.5, p50: 100, p95: 190, p99: 198, max: 200 },
    ],
    [[0.00049, 0.00051], { samples: 2, mean: 0.001, p50: 0, max: 0.001 }],
  ])('of case %#', (values, lag) => {
    expect(lagOf(values, 7)).toMatchObject({ ...lag, idle: 7 })
  })

  it('has percentiles that are values, in order, whatever the order of the values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1 }), (values) => {
        const lag = lagOf(values)
        const found = [lag.p50, lag.p95, lag.p99, lag.max]
        for (const value of found) expect(values).toContain(value)
        expect(found).toEqual(found.toSorted((a, b) => (a ?? 0) - (b ?? 0)))
        expect(values.filter((value) => value <= (lag.p50 ?? 0)).length).toBeGreaterThanOrEqual(values.length / 2)
        expect(lagOf(values.toReversed())).toEqual(lag)
      }),
    )
  })
})

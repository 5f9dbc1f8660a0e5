import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distribution, expectedShares } from './distribution.js'

const even = (requests: number[]) => requests.map((count) => ({ requests: count, weight: 1 }))

describe('distribution', () => {
  it('finds round robin even', () => {
    const result = distribution(even([5_000, 5_000, 5_001]))
    expect(result.degrees_of_freedom).toBe(2)
    expect(result.p_value).toBeGreaterThan(0.999)
    expect(result.jain_index).toBeCloseTo(1, 6)
    expect(result.max_deviation).toBeLessThan(0.001)
  })

  it('holds weights 3,1,1 against requests 3,000 1,000 1,000', () => {
    const result = distribution([
      { requests: 3_000, weight: 3 },
      { requests: 1_000, weight: 1 },
      { requests: 1_000, weight: 1 },
    ])
    expect(result).toEqual({ chi_square: 0, degrees_of_freedom: 2, p_value: 1, jain_index: 1, max_deviation: 0 })
  })

  it('sees an instance that got nothing', () => {
    const result = distribution(even([500, 500, 0]))
    expect(result.chi_square).toBeCloseTo(500, 9)
    expect(result.p_value).toBeLessThan(1e-50)
    expect(result.jain_index).toBeCloseTo(2 / 3, 12)
    expect(result.max_deviation).toBeCloseTo(1, 12)
  })

  it('leaves out answers that belong to no instance', () => {
    const named = even([700, 720])
    expect(distribution([...named, { requests: 90, weight: 0 }])).toEqual(distribution(named))
  })

  it('says nothing where there is nothing to compare', () => {
    const nothing = { chi_square: null, p_value: null, jain_index: null, max_deviation: null }
    expect(distribution([])).toEqual({ ...nothing, degrees_of_freedom: 0 })
    expect(distribution(even([1_000]))).toEqual({ ...nothing, degrees_of_freedom: 0 })
    expect(distribution(even([0, 0, 0]))).toEqual({ ...nothing, degrees_of_freedom: 2 })
  })

  it('refuses a negative weight', () => {
    expect(() => distribution([{ requests: 1, weight: -1 }])).toThrow(RangeError)
  })

  it('is perfect exactly when requests are proportional to weights', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 10 })
    fc.assert(
      fc.property(
        weights,
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 40 }),
        (list, scale, extra) => {
          const instances = list.map((weight) => ({ requests: weight * scale, weight }))
          expect(distribution(instances).jain_index).toBeCloseTo(1, 9)
          expect(distribution(instances).max_deviation).toBeCloseTo(0, 9)
          const uneven = instances.map((instance, i) =>
            i === 0 ? { ...instance, requests: instance.requests + extra } : instance,
          )
          expect(distribution(uneven).max_deviation).toBeGreaterThan(0)
          expect(distribution(uneven).chi_square).toBeGreaterThan(distribution(instances).chi_square ?? 0)
        },
      ),
    )
  })
})

describe('expectedShares', () => {
  it('divides by the sum of weights', () => {
    expect(expectedShares([{ weight: 3 }, { weight: 1 }, { weight: 0 }])).toEqual([0.75, 0.25, 0])
    expect(expectedShares([{ weight: 0 }])).toEqual([0])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ekm1 } from '../../stats/queueing/gim1.js'
import { mm1, mmc } from '../../stats/queueing/mmc.js'
import { capacityFor } from './capacity.js'

describe('capacityFor', () => {
  it('is the closed form for M/M/1', () => {
    expect(capacityFor(0.99, 50, (rho) => mm1(rho, 2))).toBeCloseTo(1 - (2 * Math.log(100)) / 50, 9)
  })

  it('is just what holds the bound', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 12, max: 200 }), (servers, bound) => {
        for (const model of [(rho: number) => mmc(servers, rho, 2), (rho: number) => ekm1(servers, rho, 2)]) {
          const utilisation = capacityFor(0.99, bound, model) ?? Number.NaN
          expect(model(utilisation).quantile(0.99)).toBeLessThanOrEqual(bound)
          expect(model(Math.min(utilisation + 1e-6, 1 - 1e-12)).quantile(0.99)).toBeGreaterThan(bound)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('is null where even an idle system is too slow', () => {
    expect(capacityFor(0.99, 9, (rho) => mm1(rho, 2))).toBeNull()
  })
})

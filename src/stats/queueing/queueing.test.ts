import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exponential, seededRandom } from '../../core/random.js'
import { bestOfTwo } from './best-of-two.js'
import { erlangC } from './erlang-c.js'
import { ekm1 } from './gim1.js'
import { mg1Mean } from './mg1.js'
import { mm1, mmc } from './mmc.js'
import type { ResponseTime } from './response-time.js'
import { spreadOfMean } from './spread-of-mean.js'

const load = fc.double({ min: 0, max: 0.98, noNaN: true })

describe('erlangC', () => {
  it.each([
    [1, 0.3, 0.3], // M/M/1: the server is busy
    [2, 1, 1 / 3],
    [3, 2, 0.4444],
    [8, 6.4, 0.4576],
    [5, 0, 0],
  ])('of %d servers offered %d Erlang is %d', (servers, offered, probability) => {
    expect(erlangC(servers, offered)).toBeCloseTo(probability, 4)
  })

  it('does not overflow with hundreds of servers', () => {
    expect(erlangC(500, 480)).toBeGreaterThan(0.2)
    expect(erlangC(500, 480)).toBeLessThan(0.4)
  })

  it('refuses a load that the servers cannot carry', () => {
    expect(() => erlangC(2, 2)).toThrow('steady')
    expect(() => erlangC(1.5, 1)).toThrow('counted from 1')
  })
})

describe('mean response time, in service times', () => {
  it.each([
    ['random of many', mm1, [2, 5, 10]],
    ['best of two', bestOfTwo, [1.27, 1.95, 2.61]],
  ])('%s at a load of .5, .8, .9', (_, model, expected) => {
    const means = [0.5, 0.8, 0.9].map((rho) => Math.round(model(rho, 1).mean * 100) / 100)
    expect(means).toEqual(expected)
  })

  it('of one shared queue at a load of .8, with 2, 3, 4, 8 servers', () => {
    expect([2, 3, 4, 8].map((servers) => Math.round(mmc(servers, 0.8, 1).mean * 100) / 100)).toEqual([
      2.78, 2.08, 1.75, 1.29,
    ])
  })

  it('of arrivals at equal distances: 1 / (1 - sigma), sigma = e^(-(1 - sigma) / rho)', () => {
    // 1 - sigma is the giant component of a random graph of mean degree 1 / rho: .7968 of degree 2, .3714 of degree 1.25.
    expect(1 / ekm1(Number.POSITIVE_INFINITY, 0.5, 1).mean).toBeCloseTo(0.7968, 4)
    expect(1 / ekm1(Number.POSITIVE_INFINITY, 0.8, 1).mean).toBeCloseTo(0.3714, 4)
  })

  it('of a fixed service time waits half as long as of an exponential one', () => {
    expect(mg1Mean(0.8, 2, 0) - 2).toBeCloseTo((mm1(0.8, 2).mean - 2) / 2)
    expect(mg1Mean(0.8, 2, 1)).toBeCloseTo(mm1(0.8, 2).mean)
  })
})

describe('percentiles', () => {
  it('p99 of M/M/1 at .5, .8, .9', () => {
    expect(mm1(0.5, 1).quantile(0.99)).toBeCloseTo(9.21, 2)
    expect(mm1(0.8, 1).quantile(0.99)).toBeCloseTo(23.03, 2)
    expect(mm1(0.9, 1).quantile(0.99)).toBeCloseTo(46.05, 2)
  })

  it('agree with the tail, and the tail with the mean, in every model', () => {
    fc.assert(
      fc.property(
        load,
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0.01, max: 0.999, noNaN: true }),
        (...args) => {
          const [rho, servers, share] = args
          for (const model of [mm1(rho, 2), mmc(servers, rho, 2), ekm1(servers, rho, 2), bestOfTwo(rho, 2)]) {
            expect(model.tail(0)).toBeCloseTo(1, 9)
            expect(1 - model.tail(model.quantile(share))).toBeCloseTo(share, 8)
            expect(areaBelow(model) / model.mean).toBeCloseTo(1, 3)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('of M/M/c also where waiting and service have the same rate', () => {
    // c (1 - rho) = 1: the formula with a difference of rates below the line would be 0 / 0.
    const [exact, near] = [mmc(5, 0.8, 2).quantile(0.99), mmc(5, 0.800001, 2).quantile(0.99)]
    expect(near / exact).toBeCloseTo(1, 4)
  })

  it('grow with the load, and fall with every help to the balancer', () => {
    fc.assert(
      fc.property(load, fc.integer({ min: 2, max: 8 }), (rho, n) => {
        const [shared, turns, random] = [mmc(n, rho, 1).mean, ekm1(n, rho, 1).mean, mm1(rho, 1).mean]
        expect(shared).toBeLessThanOrEqual(turns + 1e-9)
        expect(turns).toBeLessThanOrEqual(random + 1e-9)
        expect(ekm1(Number.POSITIVE_INFINITY, rho, 1).mean).toBeLessThanOrEqual(turns + 1e-9)
        expect(ekm1(1, rho, 1).mean).toBeCloseTo(random, 9)
        expect(mmc(1, rho, 1).quantile(0.95) / mm1(rho, 1).quantile(0.95)).toBeCloseTo(1, 9)
      }),
    )
  })

  it('are refused where there is no steady state', () => {
    for (const model of [mm1, bestOfTwo, (rho: number) => ekm1(3, rho, 1), (rho: number) => mmc(3, rho, 1)]) {
      expect(() => model(1, 1)).toThrow('steady')
      expect(() => model(0.5, 1).quantile(1)).toThrow('share')
    }
  })
})

describe('queues, simulated', () => {
  it('E_3/M/1 is what round robin over three servers makes of a Poisson stream', () => {
    const times = roundRobin({ servers: 3, rho: 0.7, requests: 300_000, seed: 3 })
    const theory = ekm1(3, 0.7, 1)
    expect(meanOf(times) / theory.mean).toBeCloseTo(1, 1)
    expect(quantileOf(times, 0.95) / theory.quantile(0.95)).toBeCloseTo(1, 1)
    // Not what random choice would make of it.
    expect(meanOf(times) / mm1(0.7, 1).mean).toBeLessThan(0.8)
  })

  it('the mean of a run scatters as spreadOfMean says', () => {
    const [rho, requests] = [0.6, 2_000]
    const means = Array.from({ length: 300 }, (_, seed) =>
      meanOf(roundRobin({ servers: 1, rho, requests, seed: seed + 1 })),
    )
    const centre = meanOf(means)
    const deviation = Math.sqrt(meanOf(means.map((mean) => (mean - centre) ** 2)))
    const ratio = deviation / centre / spreadOfMean(rho, requests)
    expect(ratio).toBeGreaterThan(0.85)
    expect(ratio).toBeLessThan(1.15)
  })
})

/** The integral of the tail, which is the mean. */
function areaBelow(model: ResponseTime): number {
  const end = model.quantile(1 - 1e-9)
  const steps = 20_000
  const width = end / steps
  let sum = 0
  for (let i = 0; i < steps; i++) sum += model.tail((i + 0.5) * width) * width
  return sum
}

/** Response times, in service times, of requests that take turns at servers; a tenth more are sent first, to warm up. */
function roundRobin(options: { servers: number; rho: number; requests: number; seed: number }): number[] {
  const { servers, rho, requests, seed } = options
  const random = seededRandom(seed)
  const free = new Array<number>(servers).fill(0)
  const times: number[] = []
  let now = 0
  for (let i = 0; i < requests * 1.1; i++) {
    now += exponential(random, 1 / (rho * servers))
    const server = i % servers
    const finish = Math.max(now, free[server] ?? 0) + exponential(random, 1)
    free[server] = finish
    if (i >= requests * 0.1) times.push(finish - now)
  }
  return times
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function quantileOf(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exponential, seededRandom } from '../../core/random.js'
import { DISTRIBUTIONS } from '../../core/work.js'
import { type Admission, type ModelWork, ServiceModel } from './service-model.js'

const work: ModelWork = { kind: 'model', workers: 1, distribution: 'exp', meanMs: 2, queueLimit: 1e9 }

/** Runs Poisson arrivals at a load through the model on a virtual clock. */
function simulate(options: Partial<ModelWork>, load: number, count: number): Admission[] {
  const full = { ...work, ...options }
  const model = new ServiceModel(full, seededRandom(7))
  const arrivals = seededRandom(11)
  let now = 0
  return Array.from({ length: count }, () => {
    now += exponential(arrivals, full.meanMs / full.workers / load)
    return model.admit(now) ?? { arrival: now, start: Number.NaN, finish: Number.NaN }
  })
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

describe('the service model', () => {
  it.each([
    ['exp', 4], // variance of an exponential: mean squared
    ['uniform', 4 / 3], // from 0 to twice the mean: (2 * mean)^2 / 12
    ['fixed', 0],
  ] as const)('draws %s service times with mean 2 and variance %d', (distribution, variance) => {
    const services = simulate({ distribution }, 0.5, 200_000).map(({ start, finish }) => finish - start)
    const average = mean(services)
    expect(average).toBeCloseTo(2, 1)
    expect(Math.abs(mean(services.map((service) => (service - average) ** 2)) - variance)).toBeLessThan(0.02 * 4)
    expect(Math.min(...services.slice(0, 100_000))).toBeGreaterThanOrEqual(0)
  })

  it.each([1, 3, 8])('serves workers / mean under saturation with %d workers', (workers) => {
    const model = new ServiceModel({ ...work, workers }, seededRandom(3))
    const count = 200_000
    let last = 0
    for (let i = 0; i < count; i++) last = Math.max(last, model.admit(0)?.finish ?? 0)
    const perSecond = count / (last / 1_000)
    expect(Math.abs(perSecond / (workers * 500) - 1)).toBeLessThan(0.01)
  })

  it('makes up for lateness: what is noticed late changes nothing for those behind', () => {
    const model = new ServiceModel({ ...work, distribution: 'fixed' }, seededRandom(1))
    model.admit(0) // until 2
    model.admit(0.5) // until 4, though nobody looks at the clock in between
    expect(model.admit(3.7)).toEqual({ arrival: 3.7, start: 4, finish: 6 })
    expect(model.admit(100)).toEqual({ arrival: 100, start: 100, finish: 102 })
  })

  // Mean time in system in service times: M/M/1 is 1 / (1 - load), M/M/c by Erlang's C formula.
  it.each([
    [1, 0.5, 2],
    [1, 0.8, 5],
    [2, 0.8, 2.78],
    [3, 0.8, 2.08],
    [4, 0.8, 1.75],
    [8, 0.8, 1.29],
  ])('agrees with queueing theory: %d workers at load %d take %d service times', (workers, load, expected) => {
    const times = simulate({ workers }, load, 400_000).map(({ arrival, finish }) => (finish - arrival) / work.meanMs)
    expect(Math.abs(mean(times) / expected - 1)).toBeLessThan(0.05)
  })

  it('has the 99th percentile of M/M/1: 9.2 service times at load 0.5', () => {
    const times = simulate({}, 0.5, 400_000).map(({ arrival, finish }) => (finish - arrival) / work.meanMs)
    const p99 = times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0
    expect(Math.abs(p99 / 9.2 - 1)).toBeLessThan(0.05)
  })

  it('serves in arrival order, at most `workers` at a time, and lets at most `queueLimit` wait', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 5 }),
        fc.constantFrom(...DISTRIBUTIONS),
        fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.nat(),
        (workers, queueLimit, distribution, gaps, seed) => {
          const model = new ServiceModel({ ...work, workers, queueLimit, distribution }, seededRandom(seed))
          const admitted: Admission[] = []
          let now = 0
          for (const gap of gaps) {
            now += gap
            const busy = admitted.filter(({ start, finish }) => start <= now && finish > now).length
            const waiting = admitted.filter(({ start }) => start > now).length
            expect(model.waiting(now)).toBe(waiting)
            const admission = model.admit(now)
            expect(admission === undefined).toBe(busy === workers && waiting >= queueLimit)
            if (admission === undefined) continue
            expect(admission.start).toBeGreaterThanOrEqual(admitted.at(-1)?.start ?? 0)
            admitted.push(admission)
            const together = admitted.filter((a) => a.start <= admission.start && a.finish > admission.start).length
            expect(together).toBeLessThanOrEqual(workers)
          }
        },
      ),
    )
  })

  it('keeps counting who waits over a long time', () => {
    const model = new ServiceModel({ ...work, distribution: 'fixed' }, seededRandom(1))
    for (let i = 0; i < 10_000; i++) {
      model.admit(i * 2)
      model.admit(i * 2) // the second of each pair waits, and the queue grows by one every 2 ms
      expect(model.waiting(i * 2)).toBe(i + 1)
    }
  })
})

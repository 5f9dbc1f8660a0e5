import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Arrival, LoadStage } from '../core/load.js'
import { RateCurve, Schedule } from './schedule.js'

interface Options {
  arrival?: Arrival
  stages: LoadStage[]
  warmupMs?: number
  seed?: number
  index?: number
  of?: number
}

function* arrivals({ arrival = 'uniform', stages, warmupMs = 0, seed = 1, index = 0, of = 1 }: Options) {
  const schedule = new Schedule({ arrival, stages, warmupMs, seed, part: { index, of } })
  for (; schedule.due !== Number.POSITIVE_INFINITY; schedule.advance()) yield { k: schedule.k, due: schedule.due }
}

const dues = (options: Options): number[] => [...arrivals(options)].map(({ due }) => due)

const stageList = fc.array(
  fc.record({ durationMs: fc.integer({ min: 0, max: 3_000 }), rps: fc.integer({ min: 0, max: 400 }) }),
  { minLength: 1, maxLength: 5 },
)

describe('RateCurve', () => {
  const steps: LoadStage[] = [
    { durationMs: 1_000, rps: 100 },
    { durationMs: 500, rps: 0 },
    { durationMs: 2_000, rps: 10 },
  ]
  it.each([
    // moment in ms, requests due before it, with a warm-up of 100 ms at 100/s
    [0, 0],
    [50, 5],
    [100, 10],
    [600, 60],
    [1_100, 110],
    [1_600, 110],
    [1_700, 111],
    [3_600, 130],
    [9_999, 130],
  ])('at %d ms %d requests were due', (ms, count) => {
    expect(new RateCurve(steps, 100).countAt(ms)).toBeCloseTo(count, 9)
  })

  it.each([
    [0, 0],
    [10, 100],
    [109, 1_090],
    // The first moment from which one more is due: after the pause.
    [110, 1_600],
    [129, 3_500],
    [130, Number.POSITIVE_INFINITY],
  ])('request %d is due at %d ms', (count, ms) => {
    expect(new RateCurve(steps, 100).momentOf(count)).toBeCloseTo(ms, 9)
  })

  it('has an inverse', () => {
    fc.assert(
      fc.property(stageList, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (stages, share) => {
        const curve = new RateCurve(stages, 250)
        fc.pre(curve.total > 0)
        const count = share * curve.total
        expect(curve.countAt(curve.momentOf(count))).toBeCloseTo(count, 6)
      }),
    )
  })
})

describe('Schedule, uniform', () => {
  it.each<[string, LoadStage[], number, number[]]>([
    ['nothing', [{ durationMs: 1_000, rps: 0 }], 500, []],
    ['4/s for 1 s', [{ durationMs: 1_000, rps: 4 }], 0, [0, 250, 500, 750]],
    ['a warm-up before it', [{ durationMs: 500, rps: 4 }], 500, [0, 250, 500, 750]],
    [
      'a pause',
      [
        { durationMs: 500, rps: 2 },
        { durationMs: 1_000, rps: 0 },
        { durationMs: 500, rps: 4 },
      ],
      0,
      [0, 1_500, 1_750],
    ],
    [
      'less than one per stage',
      [
        { durationMs: 500, rps: 1 },
        { durationMs: 500, rps: 1 },
        { durationMs: 1_000, rps: 1 },
      ],
      0,
      [0, 1_000],
    ],
  ])('%s', (_name, stages, warmupMs, expected) => {
    expect(dues({ stages, warmupMs })).toEqual(expected)
  })

  it('has exactly rate x duration arrivals in every stage of whole count', () => {
    const stages = [
      { durationMs: 10_000, rps: 500 },
      { durationMs: 3_000, rps: 1_500 },
      { durationMs: 1_000, rps: 333 },
    ]
    const all = dues({ stages, warmupMs: 2_000 })
    const within = (from: number, to: number): number => all.filter((due) => due >= from && due < to).length
    expect([within(0, 2_000), within(2_000, 12_000), within(12_000, 15_000), within(15_000, 16_000)]).toEqual([
      1_000, 5_000, 4_500, 333,
    ])
  })
})

describe('Schedule', () => {
  it('rises, stays within its time, and is as long as its rate says', () => {
    fc.assert(
      fc.property(stageList, fc.constantFrom<Arrival>('uniform', 'poisson'), fc.integer(), (stages, arrival, seed) => {
        const { endMs, total } = new RateCurve(stages, 300)
        const all = dues({ stages, arrival, seed, warmupMs: 300 })
        for (let i = 1; i < all.length; i++) expect(all[i]).toBeGreaterThanOrEqual(all[i - 1] ?? 0)
        for (const due of all) expect(due >= 0 && due <= endMs).toBe(true)
        if (arrival === 'uniform') expect(all.length).toBe(Math.ceil(total))
        // Six standard deviations of a Poisson count.
        else expect(Math.abs(all.length - total)).toBeLessThanOrEqual(6 * Math.sqrt(total) + 6)
      }),
    )
  })

  it('is the same however many generators share it', () => {
    fc.assert(
      fc.property(
        stageList,
        fc.constantFrom<Arrival>('uniform', 'poisson'),
        fc.integer(),
        fc.integer({ min: 2, max: 7 }),
        (stages, arrival, seed, of) => {
          const whole = [...arrivals({ stages, arrival, seed, warmupMs: 100 })]
          const parts = Array.from({ length: of }, (_, index) => [
            ...arrivals({ stages, arrival, seed, warmupMs: 100, index, of }),
          ])
          expect(parts.flat().sort((a, b) => a.k - b.k)).toEqual(whole)
        },
      ),
    )
  })

  it('follows its seed', () => {
    const options: Options = { arrival: 'poisson', stages: [{ durationMs: 5_000, rps: 100 }] }
    expect(dues({ ...options, seed: 7 })).toEqual(dues({ ...options, seed: 7 }))
    expect(dues({ ...options, seed: 7 })).not.toEqual(dues({ ...options, seed: 8 }))
  })
})

describe('Schedule, Poisson', () => {
  const all = dues({ arrival: 'poisson', stages: [{ durationMs: 40_000, rps: 500 }], seed: 42 })
  const gaps = all.map((due, i) => due - (all[i - 1] ?? 0))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length

  it('has gaps of the mean and the variance of an exponential', () => {
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
    expect(mean).toBeGreaterThan(1.95)
    expect(mean).toBeLessThan(2.05)
    expect(variance / mean ** 2).toBeGreaterThan(0.95)
    expect(variance / mean ** 2).toBeLessThan(1.05)
  })

  it('has exponential gaps by the Kolmogorov-Smirnov test at 1 %', () => {
    const sorted = [...gaps].sort((a, b) => a - b)
    const n = sorted.length
    const distance = sorted.reduce((worst, gap, i) => {
      const expected = 1 - Math.exp(-gap / 2)
      return Math.max(worst, Math.abs((i + 1) / n - expected), Math.abs(expected - i / n))
    }, 0)
    expect(distance).toBeLessThan(1.628 / Math.sqrt(n))
  })

  it('keeps the rate of each stage', () => {
    const stepped = dues({
      arrival: 'poisson',
      stages: [
        { durationMs: 20_000, rps: 100 },
        { durationMs: 20_000, rps: 900 },
      ],
      seed: 3,
    })
    const first = stepped.filter((due) => due < 20_000).length
    expect(Math.abs(first - 2_000)).toBeLessThan(4 * Math.sqrt(2_000))
    expect(Math.abs(stepped.length - first - 18_000)).toBeLessThan(4 * Math.sqrt(18_000))
  })
})

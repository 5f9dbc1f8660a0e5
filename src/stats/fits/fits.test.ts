import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../core/random.js'
import { LARGEST_N, LARGEST_X, SMALLEST } from '../../core/scaling-data.js'
import { CISCO } from '../testing/cisco.js'
import { fitAmdahl } from './amdahl.js'
import { fitScaling } from './fits.js'
import { leastSquares } from './least-squares.js'
import { type LawParameters, type ScalingPoint, throughputAt } from './scaling-law.js'
import { fitUsl } from './usl.js'

const LEVELS = [1, 2, 3, 4, 6, 8, 12, 16]

function curve(law: LawParameters, levels: readonly number[] = LEVELS): ScalingPoint[] {
  return levels.map((n) => ({ n, x: throughputAt(law, n) }))
}

/** The same with independent normal errors of one size (Box and Muller). */
function noisy(points: readonly ScalingPoint[], size: number, seed: number): ScalingPoint[] {
  const random = seededRandom(seed)
  return points.map(({ n, x }) => ({
    n,
    x: x + size * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  }))
}

describe('leastSquares', () => {
  // Box, Hunter and Hunter's BOD data as certified by NIST StRD, "BoxBOD": a hard one, from the far start.
  const days = [1, 2, 3, 5, 7, 10]
  const bod = [109, 149, 149, 191, 213, 224]
  const problem = {
    observed: bod,
    values: ([b1 = 0, b2 = 0]: readonly number[]) => days.map((t) => b1 * (1 - Math.exp(-b2 * t))),
    gradients: ([b1 = 0, b2 = 0]: readonly number[]) =>
      days.map((t) => [1 - Math.exp(-b2 * t), b1 * t * Math.exp(-b2 * t)]),
  }

  it.each([[[100, 0.75]], [[1, 1]]])('finds the certified values of NIST BoxBOD from %j', (start) => {
    const fit = leastSquares({
      ...problem,
      start,
      bounds: [
        [0, 1_000],
        [0, 10],
      ],
    })
    expect(fit.parameters[0]).toBeCloseTo(213.80940889, 5)
    expect(fit.parameters[1]).toBeCloseTo(0.54723748542, 7)
    expect(fit.rss).toBeCloseTo(1_168.0088766, 5)
  })

  it('stops at a bound, and is best there', () => {
    const { parameters, rss } = leastSquares({
      ...problem,
      start: [100, 0.3],
      bounds: [
        [0, 200],
        [0, 10],
      ],
    })
    expect(parameters[0]).toBe(200)
    for (const b2 of [0.9, 1.1]) {
      const other = problem.values([200, b2 * (parameters[1] ?? 0)])
      expect(other.reduce((sum, value, i) => sum + (value - (bod[i] ?? 0)) ** 2, 0)).toBeGreaterThan(rss)
    }
  })
})

describe('fitUsl', () => {
  it('gives the published fit of the Cisco routers within 0.1 %', () => {
    const { sigma, kappa, gamma, peak } = fitUsl(CISCO)
    expect(Math.abs(sigma / 0.02671591 - 1)).toBeLessThan(0.001)
    expect(Math.abs(kappa / 7.690945e-4 - 1)).toBeLessThan(0.001)
    expect(Math.abs(gamma / 995.6486 - 1)).toBeLessThan(0.001)
    // Peak as the book has it: 12,341 with 35.
    expect(Math.floor(peak?.n ?? 0)).toBe(35)
    expect(Math.abs((peak?.x ?? 0) / 12_341 - 1)).toBeLessThan(0.0005)
  })

  it('does so too with the digit that usl4j drops (4,315 for 4,315.54)', () => {
    const { sigma, kappa, gamma } = fitUsl(CISCO.map((point) => (point.n === 5 ? { n: 5, x: 4_315 } : point)))
    expect(Math.abs(sigma / 0.02671591 - 1)).toBeLessThan(0.001)
    expect(Math.abs(kappa / 7.690945e-4 - 1)).toBeLessThan(0.001)
    expect(Math.abs(gamma / 995.6486 - 1)).toBeLessThan(0.001)
  })

  it('finds the law behind exact points, with intervals of no width', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        (gamma, sigma, kappa) => {
          const fit = fitUsl(curve({ gamma, sigma, kappa }))
          expect(fit.gamma / gamma).toBeCloseTo(1, 5)
          expect(fit.sigma).toBeCloseTo(sigma, 5)
          expect(fit.kappa).toBeCloseTo(kappa, 5)
          expect(fit.loo_error).toBeLessThan(1e-4)
          expect(fit.intervals.sigma[1] - fit.intervals.sigma[0]).toBeLessThan(1e-3)
        },
      ),
    )
  })

  it('does not depend on the units of x', () => {
    const [one, other] = [fitUsl(CISCO), fitUsl(CISCO.map(({ n, x }) => ({ n, x: x / 1e6 })))]
    expect(other.sigma / one.sigma).toBeCloseTo(1, 6)
    expect((other.intervals.kappa[1] ?? 0) / (one.intervals.kappa[1] ?? 1)).toBeCloseTo(1, 3)
    expect(other.loo_error / one.loo_error).toBeCloseTo(1, 5)
  })

  it('covers the truth with its intervals about as often as they say', () => {
    const truth = { gamma: 500, sigma: 0.04, kappa: 0.002 }
    const covered = { gamma: 0, sigma: 0, kappa: 0 }
    const runs = 200
    for (let seed = 1; seed <= runs; seed++) {
      const { intervals } = fitUsl(noisy(curve(truth), 40, seed))
      for (const name of ['gamma', 'sigma', 'kappa'] as const) {
        const [low, high] = intervals[name]
        if (low <= truth[name] && truth[name] <= high) covered[name] += 1
      }
    }
    // 95 % of 200 is 190, with a standard deviation of 3.1.
    for (const count of Object.values(covered)) expect(count).toBeGreaterThanOrEqual(178)
    expect(covered.sigma + covered.kappa + covered.gamma).toBeLessThanOrEqual(3 * 198)
  })

  it('stays within its bounds, with an interval that begins there', () => {
    // Better than linear: sigma would be negative.
    const fit = fitUsl(
      noisy(
        LEVELS.map((n) => ({ n, x: 100 * n ** 1.05 })),
        5,
        7,
      ),
    )
    expect([fit.sigma, fit.kappa]).toEqual([0, 0])
    expect(fit.intervals.sigma[0]).toBe(0)
    expect(fit.intervals.sigma[1]).toBeGreaterThanOrEqual(0)
    expect(fit).toMatchObject({ peak: null, peak_reason: expect.stringContaining('kappa is 0') })
  })

  it('tells the peak only where the data reach near it', () => {
    const law = { gamma: 100, sigma: 0.02, kappa: 0.0005 } // peak at 44.3
    expect(fitUsl(curve(law, [1, 4, 8, 16, 24, 30])).peak?.n).toBeCloseTo(44.27, 1)
    expect(fitUsl(curve(law, [1, 4, 8, 16, 24, 29]))).toMatchObject({
      peak: null,
      peak_reason: 'the data end at n = 29, too far below the peak of the curve (n = 44.3) to speak for it',
    })
  })

  it('tells no peak where throughput falls from the beginning', () => {
    const fit = fitUsl(LEVELS.map((n) => ({ n, x: 100 / n })))
    expect(fit).toMatchObject({ peak: null, peak_reason: 'throughput falls from the fewest, n = 1, on' })
  })

  it('predicts a level that it has not seen worse than one that it has', () => {
    const fit = fitUsl(noisy(curve({ gamma: 500, sigma: 0.04, kappa: 0.002 }), 40, 3))
    expect(fit.loo_error).toBeGreaterThan(fit.rms_error)
  })

  it('leaves out all repeats of a level at once', () => {
    const once = noisy(curve({ gamma: 500, sigma: 0.04, kappa: 0.002 }), 40, 3)
    // Each point twice: were only one of them left out, the other would stand in for it.
    const [single, double] = [fitUsl(once), fitUsl([...once, ...once])]
    expect(double.loo_error / single.loo_error).toBeCloseTo(1, 3)
  })
})

describe('fitAmdahl', () => {
  it('finds the serial fraction, and what it leaves', () => {
    const fit = fitAmdahl(curve({ gamma: 500, sigma: 0.05, kappa: 0 }, [1, 2, 4]))
    expect(fit.gamma).toBeCloseTo(500, 4)
    expect(fit.sigma).toBeCloseTo(0.05, 6)
    expect(fit.limit).toBeCloseTo(20, 3)
  })

  it('knows no limit of linear growth', () => {
    expect(fitAmdahl(curve({ gamma: 3, sigma: 0, kappa: 0 })).limit).toBeNull()
  })
})

describe('fitScaling', () => {
  it('fits Amdahl alone to fewer than six levels, and says so', () => {
    const points = curve({ gamma: 500, sigma: 0.05, kappa: 0.001 }, [1, 2, 3, 4, 6])
    const fits = fitScaling([...points, ...points])
    expect(fits.usl).toBeNull()
    expect(fits.usl_reason).toContain('5 levels are fewer than the 6')
    expect(fits.amdahl.sigma).toBeGreaterThan(0.05)
  })

  it('takes medians of repeats, and speed-up over the fewest', () => {
    const { levels } = fitScaling([
      { n: 4, x: 360 },
      { n: 2, x: 190 },
      { n: 2, x: 210 },
      { n: 2, x: 200 },
      { n: 8, x: 600, interval: [580, 620] },
    ])
    expect(levels).toEqual([
      { n: 2, x: 200, measurements: 3, interval: null, speedup: 2, efficiency: 1 },
      { n: 4, x: 360, measurements: 1, interval: null, speedup: 3.6, efficiency: 0.9 },
      { n: 8, x: 600, measurements: 1, interval: [580, 620], speedup: 6, efficiency: 0.75 },
    ])
  })

  it('comes to an end for whatever a file may hold', () => {
    const any = (most: number) =>
      fc.oneof(
        fc.double({ min: SMALLEST, max: most, noNaN: true }),
        fc.integer({ min: 1, max: 64 }),
        fc.constantFrom(SMALLEST, most),
      )
    const rows = fc.uniqueArray(fc.record({ n: any(LARGEST_N), x: any(LARGEST_X) }), {
      minLength: 3,
      maxLength: 9,
      selector: ({ n }) => n,
    })
    fc.assert(
      fc.property(rows, (points) => {
        const { amdahl, usl } = fitScaling(points)
        for (const fit of [amdahl, ...(usl === null ? [] : [usl])]) {
          expect(fit.gamma).toBeGreaterThanOrEqual(0)
          expect(Number.isFinite(fit.loo_error)).toBe(true)
        }
      }),
    )
  })

  it('refuses two levels', () => {
    expect(() =>
      fitScaling([
        { n: 1, x: 1 },
        { n: 2, x: 2 },
        { n: 2, x: 2 },
      ]),
    ).toThrow('2 levels')
  })
})

import { describe, expect, it } from 'vitest'
import type { Metric } from '../core/metric.js'
import { findMetric } from '../core/metrics.js'
import { seededRandom } from '../core/random.js'
import { labErrorOf } from '../core/testing/thrown.js'
import { drawComparisons, type RecordedRuns, type RecordedValues } from './false-alarms.js'

const [RPS, P95, ERRORS] = ['rps', 'p95', 'errors'].map((name) => findMetric(name) as Metric) as [
  Metric,
  Metric,
  Metric,
]

/** Made-up runs: rate and p95 with log-normal noise of this relative size, and errors in some of them. */
function runs(count: number, noise: number, seed: number, factor = 1): RecordedValues {
  const random = seededRandom(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const each = (draw: () => number) => Array.from({ length: count }, draw)
  return {
    [P95.name]: each(() => 40 * factor * Math.exp(noise * normal())),
    [RPS.name]: each(() => 1_000 * Math.exp(noise * normal())),
    [ERRORS.name]: each(() => (random() < 0.3 ? random() / 50 : 0)),
  }
}

const METRICS = [P95, RPS, ERRORS] as [Metric, ...Metric[]]
const OPTIONS = { comparisons: 400, margin: 0.03, seed: 11 }
const aa = (values: RecordedValues): RecordedRuns => ({ metrics: METRICS, baseline: values, variant: null })

describe('drawComparisons', () => {
  // With noise far beyond the margin only the test itself keeps the rate down: to 2 of 64 assignments of signs with 6
  // blocks, 49 in 1,000 with 10. Of many runs, so that the comparisons share few.
  it.each([6, 10])('has at most 6 false alarms in 100 comparisons of %d blocks of noisy runs', (blocks) => {
    const recorded = { metrics: [P95] as [Metric], baseline: runs(3_000, 0.3, 5), variant: null }
    const { deciding } = drawComparisons(recorded, { ...OPTIONS, comparisons: 1_500, blocks })
    expect(deciding.rate).toBeLessThanOrEqual(0.06)
    expect(deciding.rate).toBeGreaterThan(0.015)
    expect(Math.abs(deciding.verdicts.better - deciding.verdicts.worse)).toBeLessThan(deciding.alarms / 2)
  })

  it('has no more with an alarm in any metric: the others are tested only where the deciding one raised it', () => {
    const { deciding, any } = drawComparisons(aa(runs(3_000, 0.3, 5)), { ...OPTIONS, blocks: 10 })
    expect(any.rate).toBeLessThanOrEqual(0.06)
    expect(any.alarms).toBe(deciding.alarms)
  })

  it('has hardly any of steady runs, and finds them equivalent', () => {
    const { deciding } = drawComparisons({ ...aa(runs(60, 0.01, 6)), metrics: [P95] }, { ...OPTIONS, blocks: 10 })
    expect(deciding.rate).toBeLessThanOrEqual(0.01)
    expect(deciding.verdicts.equivalent).toBeGreaterThan(380)
  })

  it('finds a true 10 % with noise of 2 % in more than 95 of 100 comparisons of 10 blocks', () => {
    const recorded = { metrics: [P95] as [Metric], baseline: runs(30, 0.02, 7), variant: runs(30, 0.02, 8, 1.1) }
    const { deciding } = drawComparisons(recorded, { ...OPTIONS, blocks: 10 })
    expect(deciding.verdicts.worse).toBe(deciding.alarms)
    expect(deciding.rate).toBeGreaterThan(0.95)
    expect(deciding.interval[0]).toBeGreaterThan(0.93)
  })

  it('counts every comparison once, and draws the same for the same seed', () => {
    const recorded = aa(runs(60, 0.1, 9))
    const drawn = drawComparisons(recorded, { ...OPTIONS, comparisons: 50, blocks: 6 })
    expect(Object.values(drawn.deciding.verdicts).reduce((a, b) => a + b)).toBe(50)
    expect(drawComparisons(recorded, { ...OPTIONS, comparisons: 50, blocks: 6 })).toEqual(drawn)
  })

  it('takes no run twice in one comparison', () => {
    // Each needs all the runs there are, and so holds the one that differs: were one taken twice, that one would often
    // be left out, and all pairs be equal.
    const same = { metrics: [P95] as [Metric], baseline: { [P95.name]: [1, 1, 1, 2] }, variant: null }
    const own = drawComparisons(same, { ...OPTIONS, comparisons: 100, blocks: 2 })
    expect(own.deciding.verdicts).toMatchObject({ equivalent: 0, 'cannot tell': 100 })
    const other = { ...same, variant: { [P95.name]: [1, 1] }, baseline: { [P95.name]: [1, 2] } }
    const both = drawComparisons(other, { ...OPTIONS, comparisons: 100, blocks: 2 })
    expect(both.deciding.verdicts).toMatchObject({ equivalent: 0, 'cannot tell': 100 })
  })

  it('says how many runs it needs', () => {
    const few = runs(19, 0.1, 1)
    expect(labErrorOf(() => drawComparisons(aa(few), { ...OPTIONS, blocks: 10 }))).toMatchObject({
      exitCode: 2,
      message: 'comparisons of 10 blocks are drawn from at least 20 runs of a variant, and there are 19',
    })
    const both = { metrics: METRICS, baseline: runs(10, 0.1, 1), variant: runs(9, 0.1, 2) }
    expect(labErrorOf(() => drawComparisons(both, { ...OPTIONS, blocks: 10 }))).toMatchObject({ exitCode: 2 })
  })
})

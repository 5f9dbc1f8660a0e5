import { describe, expect, it } from 'vitest'
import type { Metric } from '../core/metric.js'
import { findMetric } from '../core/metrics.js'
import { judgeComparison, untestedWords } from './comparison.js'

const [P95, P50, P99] = ['p95', 'p50', 'p99'].map((name) => findMetric(name) as Metric) as [Metric, Metric, Metric]
const OPTIONS = { margin: 0.03, seed: 1 }

/** Seven blocks around this value. */
const around = (value: number): number[] =>
  [0, 1, 2, 3, 4, 5, 6].map((i) => value * (1 + i / 100 + ((i * 5) % 7) / 500))

const values = {
  'latency.response_ms.p95': { single: around(100), 'lb-2': around(50), 'lb-3': around(30) },
  'latency.response_ms.p50': { single: around(40), 'lb-2': around(20), 'lb-3': around(10) },
  'latency.response_ms.p99': { single: around(200), 'lb-2': around(90), 'lb-3': around(70) },
}

describe('judgeComparison', () => {
  it('compares every other variant with the baseline, the deciding metric first', () => {
    const judged = judgeComparison(
      { metrics: [P95, P50], variants: ['lb-2', 'single', 'lb-3'], baseline: 'single', values },
      OPTIONS,
    )
    expect(judged.map(({ metric, variant, deciding }) => [metric.short, variant, deciding])).toEqual([
      ['p95', 'lb-2', true],
      ['p95', 'lb-3', true],
      ['p50', 'lb-2', false],
      ['p50', 'lb-3', false],
    ])
    expect(judged[1]?.judged).toMatchObject({ baseline_median: values['latency.response_ms.p95'].single[3] })
    expect(judged[1]?.judged.effect).toBeCloseTo(0.3, 9)
  })

  it('divides what is allowed among the variants, and takes nothing for figures beside the deciding one', () => {
    const of = (metrics: [Metric, ...Metric[]], variants = ['single', 'lb-2', 'lb-3']) =>
      judgeComparison({ metrics, variants, baseline: 'single', values }, OPTIONS)
    const p = 2 / 2 ** 7
    expect(of([P95, P50, P99]).map(({ judged }) => judged.p_adjusted)).toEqual(Array(6).fill(2 * p))
    expect(of([P95, P50, P99]).map(({ judged }) => judged.verdict)).toEqual(Array(6).fill('better'))
    expect(of([P95, P50, P99], ['single', 'lb-3']).map(({ judged }) => judged.p_adjusted)).toEqual([p, p, p])
  })

  it('stops each variant at its own figure, and says in words what was not tested', () => {
    const noisy = [100, 30, 120, 60, 200, 80, 90]
    const mixed = {
      ...values,
      'latency.response_ms.p50': { ...values['latency.response_ms.p50'], 'lb-3': noisy.map((value) => value * 0.4) },
    }
    const judged = judgeComparison(
      { metrics: [P95, P50, P99], variants: ['single', 'lb-2', 'lb-3'], baseline: 'single', values: mixed },
      OPTIONS,
    )
    expect(judged.map(({ variant, judged: { verdict } }) => [variant, verdict])).toEqual([
      ['lb-2', 'better'],
      ['lb-3', 'better'],
      ['lb-2', 'better'],
      ['lb-3', 'cannot tell'],
      ['lb-2', 'better'],
      ['lb-3', 'not tested'],
    ])
    expect(untestedWords(judged)).toEqual([
      'response time p99 of lb-3: median response time was not significant before',
    ])
  })

  it('refuses variants whose blocks differ in number', () => {
    const input = { metrics: [P95] as [Metric], variants: ['single', 'lb-2'], baseline: 'single' }
    const uneven = { 'latency.response_ms.p95': { single: [1, 2], 'lb-2': [1] } }
    expect(() => judgeComparison({ ...input, values: uneven }, OPTIONS)).toThrow(RangeError)
  })
})

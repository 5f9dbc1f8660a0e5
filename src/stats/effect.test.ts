import { describe, expect, it } from 'vitest'
import type { Metric } from '../core/metric.js'
import { findMetric } from '../core/metrics.js'
import { effectText, formatReach, marginOf, scaleOf } from './effect.js'

function metric(name: string): Metric {
  const found = findMetric(name)
  if (found === undefined) throw new Error(`no metric ${name}`)
  return found
}

describe('scaleOf', () => {
  it.each(['rps', 'goodput', 'p50', 'p99', 'lag', 'rto', 'up'])('compares %s by its ratio', (name) => {
    expect(scaleOf(metric(name), [12, 0.5])).toBe('ratio')
  })

  it.each(['errors', 'lost', 'jain', 'unevenness', 'stale_share', 'moved', 'instances', 'lost_writes', 'skew'])(
    'compares %s by its difference',
    (name) => {
      expect(scaleOf(metric(name), [12, 0.5])).toBe('difference')
    },
  )

  it('takes no ratio to a time that is zero or below it', () => {
    expect(scaleOf(metric('lag'), [3, 0])).toBe('difference')
    expect(scaleOf(metric('lag'), [3, -0.2])).toBe('difference')
  })
})

describe('marginOf', () => {
  it.each([
    ['p95', 'ratio', 0.03],
    ['errors', 'difference', 0.001],
    ['stale_share', 'difference', 0.001],
    ['jain', 'difference', 0.03],
    ['moved', 'difference', 0.03],
    // 3 % of 40.
    ['lost', 'difference', 1.2],
    ['lag', 'difference', 1.2],
  ] as const)('of 3 %% is for %s, as a %s, %d', (name, scale, margin) => {
    expect(marginOf(metric(name), 0.03, scale, 40)).toBeCloseTo(margin, 12)
  })

  it('is never wider for errors than was asked for', () => {
    expect(marginOf(metric('errors'), 0.0002, 'difference', 0)).toBe(0.0002)
  })
})

describe('effectText', () => {
  it.each([
    [1.0909, 'ratio', 'p95', '1.09x'],
    [0.98, 'ratio', 'rps', '0.98x'],
    [null, 'ratio', 'rps', '-'],
    [3.4, 'ratio', 'rto', '3.40x'],
    [-0.0012, 'difference', 'errors', '-0.12 pp'],
    [0.021, 'difference', 'jain', '+0.02'],
    [1, 'difference', 'lost', '+1 request'],
    [-12, 'difference', 'lost', '-12 requests'],
    [0.4, 'difference', 'lag', '+0.4 ms'],
  ] as const)('says of %j as a %s of %s "%s"', (effect, scale, name, words) => {
    expect(effectText(effect, scale, metric(name))).toBe(words)
  })
})

describe('formatReach', () => {
  it.each([
    [[0.98, 1.09], 'ratio', 'p95', '-2 % to +9 %'],
    [[-0.0004, 0.0023], 'difference', 'errors', '-0.04 to +0.23 percentage points'],
    [[-0.3, 2.5], 'difference', 'lost', '-0.3 to +2.5 requests'],
    [[-0.3, -0.2], 'difference', 'jain', '-0.3 to -0.2'],
  ] as const)('says of %j as a %s of %s "%s"', (interval, scale, name, words) => {
    expect(formatReach(interval, scale, metric(name))).toBe(words)
  })
})

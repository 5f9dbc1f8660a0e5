import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { METRICS } from './metrics.js'
import { COMPARISONS, parseSlo } from './slo.js'
import { labErrorOf } from './testing/thrown.js'

describe('parseSlo', () => {
  it.each<[string, string, string, number]>([
    ['p99<50ms', 'latency.response_ms.p99', '<', 50],
    ['p99.9<=1.5s', 'latency.response_ms.p99_9', '<=', 1_500],
    ['max < 2m', 'latency.response_ms.max', '<', 120_000],
    ['p50<50 ms', 'latency.response_ms.p50', '<', 50],
    ['latency.response_ms.mean<5ms', 'latency.response_ms.mean', '<', 5],
    ['errors<0.1%', 'load.error_share', '<', 0.001],
    ['errors<=0.001', 'load.error_share', '<=', 0.001],
    ['errors<=0', 'load.error_share', '<=', 0],
    ['unevenness<150 %', 'distribution.max_deviation', '<', 1.5],
    ['rps>=1400', 'load.achieved_rps', '>=', 1_400],
    ['goodput>1e3', 'load.goodput_rps', '>', 1_000],
    ['lost<1', 'load.ledger.lost', '<', 1],
    ['jain>0.99', 'distribution.jain_index', '>', 0.99],
  ])('reads %j', (text, metric, comparison, bound) => {
    const [objective, ...more] = parseSlo(text)
    expect(more).toEqual([])
    expect(objective).toMatchObject({ text, comparison, metric: { name: metric } })
    expect(objective?.bound).toBeCloseTo(bound, 12)
  })

  it('reads a list in its order', () => {
    expect(parseSlo('p99<50ms, errors<0.1% ,rps>=1400').map(({ text }) => text)).toEqual([
      'p99<50ms',
      'errors<0.1%',
      'rps>=1400',
    ])
  })

  it.each([
    ['', 'cannot read ""', 'Write metric, comparison and bound'],
    ['p99<50ms,', 'cannot read ""', 'Write metric, comparison and bound'],
    ['p99', 'cannot read "p99"', 'Write metric, comparison and bound'],
    ['p99=50ms', 'cannot read "p99=50ms"', 'Write metric, comparison and bound'],
    ['p99<-50ms', 'cannot read "p99<-50ms"', 'Write metric, comparison and bound'],
    ['p99<50', '"50" is not a duration', '500ms'],
    ['p99<5%', '"5%" is not a duration', '500ms'],
    ['rps>5%', '"5%" is not a bound for rps', 'plain number (requests/s)'],
    ['rps>1.2.3', '"1.2.3" is not a bound for rps', 'plain number (requests/s)'],
    ['rps>1e999', '"1e999" is not a bound for rps', 'plain number (requests/s)'],
    ['jain>1s', '"1s" is not a bound for jain', 'Write a plain number'],
    ['errors<1ms', '"1ms" is not a bound for errors', 'percentage (0.1%) or a share (0.001)'],
    // Meant as 5 %: taken as a share it would hold whatever happens.
    ['errors<5', '"5" is not a bound for errors', 'percentage (0.1%) or a share (0.001)'],
    ['errors<1', '"1" is not a bound for errors', 'percentage (0.1%) or a share (0.001)'],
    ['p98<50ms', 'unknown metric in --slo "p98"', 'Allowed: rps, goodput'],
    ['erors<1%', 'unknown metric in --slo "erors"', 'Did you mean "errors"?'],
  ])('refuses %j', (text, message, hint) => {
    const error = labErrorOf(() => parseSlo(text))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint).toContain(hint)
  })

  it('reads every metric by its name and its short name, with every comparison', () => {
    const metric = fc.constantFrom(...METRICS)
    const bound = fc.integer({ min: 0, max: 99_999 })
    fc.assert(
      fc.property(metric, fc.constantFrom(...COMPARISONS), bound, fc.boolean(), (known, comparison, value, short) => {
        const unit = known.unit === 'ms' ? 'ms' : known.unit === 'share' ? '%' : ''
        const text = `${short ? known.short : known.name}${comparison}${value}${unit}`
        const [objective] = parseSlo(text)
        expect(objective?.metric.name).toBe(known.name)
        expect(objective?.comparison).toBe(comparison)
        expect(objective?.bound).toBeCloseTo(unit === '%' ? value / 100 : value, 9)
      }),
    )
  })

  it('never throws anything but a usage error', () => {
    const part = fc.constantFrom('p99', 'rps', 'errors', 'x', '<', '>=', '=', '50', 'ms', '%', ',', '.', ' ', '-')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const text = parts.join('')
        try {
          for (const { bound } of parseSlo(text)) expect(Number.isFinite(bound)).toBe(true)
        } catch (error) {
          expect(error).toMatchObject({ name: 'LabError', exitCode: 2 })
        }
      }),
      { numRuns: 500 },
    )
  })
})

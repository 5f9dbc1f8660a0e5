import { describe, expect, it } from 'vitest'
import type { RunRecord } from '../core/record.js'
import { recordWith } from '../core/testing/record.js'
import { checked } from '../core/validity.js'
import { chanceApart, diffRecords } from './run-diff.js'

const run = (p99: number | null, rps = 100): RunRecord => {
  const record = recordWith()
  return {
    ...record,
    load: { ...record.load, achieved_rps: rps, goodput_rps: rps },
    latency: { ...record.latency, response_ms: { ...record.latency.response_ms, p99 } },
  }
}
const figure = (older: RunRecord, newer: RunRecord, old: RunRecord[] = [], recent: RunRecord[] = []) =>
  diffRecords(older, newer, { old, new: recent }).figures.find(({ metric }) => metric === 'latency.response_ms.p99')

describe('chanceApart', () => {
  it.each([
    [1, 1, 1],
    [2, 2, 1 / 3],
    [3, 3, 0.1],
    [4, 4, 2 / 70],
    [3, 6, 2 / 84],
    [5, 5, 2 / 252],
  ])('gives the smallest p of the rank-sum test for %i and %i: %d', (m, n, p) => {
    expect(chanceApart(m, n)).toBeCloseTo(p, 12)
    expect(chanceApart(n, m)).toBeCloseTo(p, 12)
  })
})

describe('diffRecords', () => {
  const repeated = (p99: number): RunRecord[] => [1, 2, 3].map((step) => run(p99 + step / 10))

  it('says better or worse only of what lies beyond the margin and the scatter of repeats', () => {
    const told = (was: number, is: number) => figure(run(was), run(is), repeated(was), repeated(is))
    expect(told(100, 150)).toMatchObject({ old: 100, new: 150, ratio: 1.5, change: 'worse', reason: null })
    expect(told(100, 50)).toMatchObject({ ratio: 0.5, change: 'better', reason: null })
    expect(told(64.8, 64.3)).toMatchObject({ change: 'none', reason: 'within the margin' })
    expect(figure(run(100), run(150), repeated(140), repeated(90))).toMatchObject({
      change: 'none',
      reason: 'within the scatter',
    })
  })

  it.each([
    ['one run each', figure(run(100), run(150)), 'unknown', 'too few runs'],
    ['the same within the margin', figure(run(64.8), run(64.3)), 'none', 'within the margin'],
    ['exactly the same', figure(run(100), run(100)), 'none', 'within the margin'],
    ['something where there was nothing', figure(run(0), run(5)), 'unknown', 'too few runs'],
    ['one of them cut short', figure(run(100), { ...run(150), status: 'interrupted' }), 'unknown', 'in doubt'],
    ['another experiment', figure(run(100), { ...run(150), scenario: 'b' }), 'unknown', 'another experiment'],
    [
      'a generator that was late',
      figure({ ...run(100), validity: [checked('generator-lateness', 9, 5)] }, run(150), repeated(100), repeated(150)),
      'unknown',
      'in doubt',
    ],
  ])('gives no verdict on %s', (_, told, change, reason) => {
    expect(told).toMatchObject({ change, reason })
  })

  it('does not take an index or a share that moved by nothing that matters for a change', () => {
    const even = (jain_index: number, max_deviation: number) =>
      recordWith({ distribution: { jain_index, max_deviation } })
    const old = [0.999_91, 0.999_92, 0.999_93].map((jain) => even(jain, 0.002))
    const recent = [0.999_99, 0.999_98, 0.999_97].map((jain) => even(jain, 0.001))
    const { figures } = diffRecords(even(0.999_9, 0.002), even(0.999_96, 0.001), { old, new: recent })
    const shares = figures.filter(({ metric }) => metric.startsWith('distribution.'))
    expect(shares.map(({ change }) => change)).toEqual(['none', 'none'])
  })

  it('leaves empty what a run did not measure, and a ratio to nothing', () => {
    expect(figure(run(null), run(5))).toMatchObject({ old: null, new: 5, ratio: null, change: null })
    expect(figure(run(null), run(null))).toBeUndefined()
  })

  it('cannot tell from one run each, nor from three', () => {
    expect(figure(run(1), run(100))?.scatter).toBe('unknown')
    expect(figure(run(1), run(100), [run(1), run(1)], [run(100), run(100)])?.scatter).toBe('unknown')
  })

  it('tells groups that lie apart from those that overlap', () => {
    const old = [11, 12, 13].map((p99) => run(p99))
    expect(
      figure(
        run(10),
        run(20),
        old,
        [21, 22, 23].map((p99) => run(p99)),
      )?.scatter,
    ).toBe('apart')
    expect(
      figure(
        run(10),
        run(20),
        old,
        [21, 22, 12.5].map((p99) => run(p99)),
      )?.scatter,
    ).toBe('overlapping')
    expect(
      figure(
        run(10),
        run(5),
        old,
        [6, 7, 8].map((p99) => run(p99)),
      )?.scatter,
    ).toBe('apart')
  })

  it('finds verdicts that changed, and those that only one run has', () => {
    const verdict = (claim: string, result: 'pass' | 'fail') => ({
      ...{ claim, source: null, metric: 'load.achieved_rps', expected: 'at least 5', measured: 7, unit: '' },
      ...{ result, reason: null },
    })
    const older = { ...run(1), verdicts: [verdict('a', 'pass'), verdict('b', 'pass'), verdict('gone', 'pass')] }
    const newer = { ...run(1), verdicts: [verdict('a', 'fail'), verdict('b', 'pass'), verdict('new', 'fail')] }
    const { verdicts } = diffRecords(older, newer)
    expect(verdicts.map(({ claim, changed }) => [claim, changed])).toEqual([
      ['a', true],
      ['b', false],
      ['gone', false],
      ['new', false],
    ])
    expect(verdicts[2]).toMatchObject({ old: { result: 'pass' }, new: null })
  })

  it('knows what is no comparison of the same thing', () => {
    expect(diffRecords(run(1), run(1)).same_experiment).toBe(true)
    expect(diffRecords(run(1), { ...run(1), scenario: 'another' }).same_experiment).toBe(false)
  })
})

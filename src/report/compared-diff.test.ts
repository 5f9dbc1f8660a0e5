import { describe, expect, it } from 'vitest'
import { comparedResults } from '../stats/compared-runs.js'
import { comparedDiffLead, diffCompared, renderComparedDiff } from './compared-diff.js'
import { type MadeUp, makeComparison } from './testing/compared-records.js'
import { expectSound } from './testing/golden.js'

const day = (date: string, variants: readonly MadeUp[], change = {}): ReturnType<typeof comparedResults> => {
  const { comparison, records } = makeComparison(variants, 8, { started_at: `${date}T10:00:00.000Z`, ...change })
  return comparedResults(comparison, records)
}
const ONE = { name: 'one', instances: 1, meanMs: 2 }
const TWO = { name: 'two', instances: 2, meanMs: 2 }

describe('two comparisons of different days', () => {
  it('agree where both allow the same effect', () => {
    const [old, recent] = [day('2025-11-20', [ONE, TWO]), day('2025-11-27', [ONE, TWO], { seed: 7 })]
    const diff = diffCompared(old, recent)
    expect(diff.rows.every(({ agree }) => agree)).toBe(true)
    expect(diff.changes.map(({ what }) => what)).toContain('seed')
    expectSound(renderComparedDiff(old, recent, ['../a/report.md', '../b/report.md']))
  })

  it('do not where an effect is another, and say which and what was changed', () => {
    const [old, recent] = [day('2025-11-20', [ONE, TWO]), day('2025-11-27', [ONE, { ...TWO, meanMs: 4 }])]
    const diff = diffCompared(old, recent)
    const rate = diff.rows.find(({ old: { metric } }) => metric.name === 'load.achieved_rps')
    expect(rate?.agree).toBe(false)
    const report = renderComparedDiff(old, recent, ['a', 'b'])
    expect(report.markdown).toMatch(/do not agree: achieved rate of two \(1\.\d+x, now [01]\.\d+x\)/)
    expect(diff.changes).toContainEqual({ what: 'work.mean_ms of two', kind: 'stack', old: '2', new: '4' })
    expect(report.markdown).toMatch(/better, now (equivalent|cannot tell)/)
  })

  it('agree where their effects differ by less than the margin, however narrow both intervals are', () => {
    const [old, recent] = [day('2025-11-20', [ONE, TWO]), day('2025-11-27', [ONE, { ...TWO, meanMs: 2.01 }])]
    const narrow = (results: typeof old): typeof old => ({
      ...results,
      judged: results.judged.map((one) => {
        const { effect } = one.judged
        return effect === null ? one : { ...one, judged: { ...one.judged, interval: [effect, effect] } }
      }),
    })
    const rate = diffCompared(narrow(old), narrow(recent)).rows.find(({ old: { metric } }) =>
      metric.name.endsWith('achieved_rps'),
    )
    expect(rate?.agree).toBe(true)
  })

  it('name variants that only one of them has', () => {
    const diff = diffCompared(
      day('2025-11-20', [ONE, TWO]),
      day('2025-11-27', [ONE, { ...TWO, name: 'three', instances: 3 }]),
    )
    expect(diff.rows).toEqual([])
    expect(comparedDiffLead(diff).sure.join(' ')).toContain('only one of the two has two, three')
  })
})

import { describe, expect, it } from 'vitest'
import type { RunRecord } from '../core/record.js'
import { checked } from '../core/validity.js'
import { renderCompared } from './compared.js'
import { gathered } from './testing/compared-records.js'
import { expectGolden, expectSound } from './testing/golden.js'
import { makeRecord } from './testing/made-up-record.js'
import * as records from './testing/records.js'

const COMPARISONS: [string, RunRecord[]][] = [
  ['single-and-lb-3', [records.single(), records.lb3()]],
  ['in-doubt', [records.lb3(), records.doubtful(), records.interrupted()]],
  ['repeats', [makeAnother(2), makeAnother(3), records.lb3()]],
  ['different-loads', [records.lb3(), records.ownApplication(), records.outage(), records.nothing()]],
]

function makeAnother(seed: number, instances = 3): RunRecord {
  return makeRecord({
    scenario: `lb-${instances}`,
    queue: { seed, instances, meanMs: 2, connections: 60 },
    measuredMs: 10_000,
  })
}

const reportOf = (runs: readonly RunRecord[]): string => renderCompared(gathered(runs)).markdown
const leadOf = (runs: readonly RunRecord[]): string => reportOf(runs).split('\n')[2] ?? ''

describe('runs that are put together', () => {
  it.each(COMPARISONS)('give for %s what the golden file holds', async (name, runs) => {
    const report = renderCompared(gathered(runs))
    expectSound(report)
    await expectGolden(name, report)
  })

  it('say of one block that nothing can be judged, and what would judge', () => {
    const text = reportOf([records.single(), records.lb3()])
    expect(text.split('\n')[2]).toMatch(
      /lb-3 2\.\d+x .*One block: no interval and no verdict; `scalelab compare single lb-3 --blocks 6` with the same flags judges\.$/,
    )
    expect(text).not.toMatch(/with its 95 % interval|Pairs|cannot tell/)
  })

  it('name no winner where a run is in doubt, and show its figures all the same', () => {
    expect(leadOf([records.lb3(), records.doubtful()])).toMatch(/^Generator-limited.*no winner is named/)
    const { comparison, variants, cells } = gathered([records.lb3(), records.doubtful()])
    expect(variants.map(({ voided }) => voided)).toEqual([{}, {}])
    expect(cells[comparison.metrics[0] ?? '']?.[variants[1]?.name ?? '']?.median).toBeGreaterThan(0)
  })

  it('state the gain over linear only between capacities of the same work', () => {
    expect(leadOf([records.single(), records.lb3()])).toContain('% of linear')
    expect(leadOf([records.ownApplication(), records.lb3()])).not.toContain('of linear')
    expect(leadOf([records.single(), records.outage()])).not.toContain('of linear')
  })

  it('say what forbids a comparison', () => {
    expect(leadOf([records.single(), records.outage()])).toContain('Not comparable as they stand')
  })

  it('are one variant where they repeat one another, and say how far repeats scatter', () => {
    const results = gathered([makeAnother(1), makeAnother(2)])
    expect(results.variants.map(({ runs }) => runs.length)).toEqual([2])
    expect(renderCompared(results).markdown).toMatch(/one variant only/)
    expect(renderCompared(results).markdown).toMatch(
      /\| achieved rate, requests\/s +\| lb-3 +\| +1,4\d\d \| +1,4\d\d \|/,
    )
  })

  it('are judged where there are repeats enough, without those in doubt', () => {
    const seeds = [1, 2, 3, 4, 5, 6, 7]
    const doubtful = (record: RunRecord): RunRecord => ({
      ...record,
      validity: [...record.validity, checked('host-cpu', 0.99, 0.97)],
    })
    const results = gathered([
      ...seeds.map((seed) => makeAnother(seed, 1)),
      ...seeds.map((seed) => (seed === 7 ? doubtful(makeAnother(seed)) : makeAnother(seed))),
    ])
    expect(results.judged[0]?.judged).toMatchObject({ verdict: 'better', pairs: 6 })
    expect(results.variants[1]?.voided).toEqual({ 'host-limited': 1 })
    expect(renderCompared(results).markdown).toContain('They were not run in turn')
  })

  it('are none where there is one run', () => {
    const report = renderCompared(gathered([records.single()]))
    expectSound(report)
    expect(report.markdown).toContain('nothing to compare it with')
  })
})

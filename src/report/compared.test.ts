import { describe, expect, it } from 'vitest'
import { comparisonSchema } from '../core/comparison.js'
import { runRecordSchema } from '../core/record.js'
import { comparedResults } from '../stats/compared-runs.js'
import { renderCompared } from './compared.js'
import * as compared from './testing/compared-records.js'
import { expectGolden, expectSound } from './testing/golden.js'

const { makeComparison, scaled: _scaled, gathered: _gathered, ...made } = compared
const RESULTS = Object.entries(made).map(([name, make]) => [name, make()] as const)

describe('renderCompared', () => {
  it.each(RESULTS)('gives for %s what the golden file holds', async (name, results) => {
    const report = renderCompared(results)
    expectSound(report)
    await expectGolden(`compared-${name}`, report)
  })

  it('is the same from records that went through files', () => {
    const { comparison, records } = makeComparison(
      [
        { name: 'a', instances: 1, meanMs: 2 },
        { name: 'b', instances: 2, meanMs: 2 },
      ],
      6,
    )
    const reread = new Map(
      [...records].map(([path, record]) => [path, runRecordSchema.parse(JSON.parse(JSON.stringify(record)))]),
    )
    const parsed = comparisonSchema.parse(JSON.parse(JSON.stringify(comparison)))
    expect(renderCompared(comparedResults(parsed, reread))).toEqual(
      renderCompared(comparedResults(comparison, records)),
    )
  })

  it('opens with plain words, and names a winner only where there is one', () => {
    const [answer = ''] = renderCompared(compared.oneAgainstThree()).markdown.split('\n').slice(2)
    expect(answer).toMatch(/lb-3 is better, 2\.\d+x/)
    expect(renderCompared(compared.alike()).markdown.split('\n')[2]).toMatch(
      /b is equivalent.*c service-time=2\.6ms is worse/,
    )
  })

  it('names no winner where half of the runs were voided, and says why', () => {
    const { markdown } = renderCompared(compared.inDoubt())
    expect(markdown.split('\n')[2]).toMatch(/^Host-limited \(lb-3: 3 of 6 runs\): no winner is named/)
    expect(markdown).not.toMatch(/\*\*(better|worse)\*\*| is (better|worse)/)
    expect(markdown).toContain('PostgreSQL is not there &lt;b>')
  })

  it('leaves a cell empty where there is nothing, with the reason', () => {
    const { markdown } = renderCompared(compared.inDoubt())
    const row = markdown.split('\n').find((line) => /^\| achieved rate, requests\/s +\| repl-2/.test(line))
    expect(row).toMatch(/\| repl-2 +\| +\| +\| +\| it could not run/)
  })
})

import { describe, expect, it } from 'vitest'
import { type RunRecord, runRecordSchema } from '../core/record.js'
import { renderComparison, renderReport } from './markdown.js'
import { expectGolden, expectSound } from './testing/golden.js'
import { makeRecord } from './testing/made-up-record.js'
import * as records from './testing/records.js'

const RECORDS = Object.entries(records).map(([name, make]): [string, RunRecord] => [name, make()])
const COMPARISONS: [string, RunRecord[]][] = [
  ['single-and-lb-3', [records.single(), records.lb3()]],
  ['in-doubt', [records.lb3(), records.doubtful(), records.interrupted()]],
  ['repeats', [records.lb3(), makeAnother(2), makeAnother(3)]],
  ['different-loads', [records.lb3(), records.ownApplication(), records.outage(), records.nothing()]],
]

function makeAnother(seed: number): RunRecord {
  return makeRecord({
    scenario: 'lb-3',
    queue: { seed, instances: 3, meanMs: 2, connections: 60 },
    measuredMs: 10_000,
  })
}

describe('renderReport', () => {
  it.each(RECORDS)(
    'gives for %s what the golden file holds (npx vitest run src/report -u renews it)',
    async (name, record) => {
      const report = renderReport(record)
      expectSound(report)
      await expectGolden(name, report)
    },
  )

  it.each(RECORDS)(
    'is made from a record that the schema accepts, and is the same after a way through a file: %s',
    (_, record) => {
      const reread = runRecordSchema.parse(JSON.parse(JSON.stringify(record)))
      expect(renderReport(reread)).toEqual(renderReport(record))
    },
  )

  it('puts the doubt before every figure', () => {
    const { markdown } = renderReport(records.doubtful())
    expect(markdown.split('\n')[2]).toMatch(/^Generator-limited and host-limited: /)
  })

  it('says when a ledger does not add up', () => {
    const record = records.single()
    const report = renderReport({
      ...record,
      load: { ...record.load, ledger: { ...record.load.ledger, ok: record.load.ledger.ok - 3 } },
    })
    expect(report.markdown).toContain('**The ledger does not add up**: 3 due requests')
  })

  it('lets no text from outside become markup', () => {
    const evil = '<script>alert(1)</script> | & "x" '
    const record = records.outage()
    const report = renderReport({
      ...record,
      scenario: 'evil',
      question: evil,
      work: evil,
      target: evil,
      instances: record.instances.map((instance, i) => ({ ...instance, id: `${evil}${i}` })),
      events: [{ t_ms: 5_000, level: 'error', text: evil }],
    })
    expectSound(report)
    for (const text of [report.markdown, ...Object.values(report.charts)]) expect(text).not.toContain('<script')
  })
})

describe('renderComparison', () => {
  it.each(COMPARISONS)('gives for %s what the golden file holds', async (name, runs) => {
    const report = renderComparison(
      runs,
      name === 'single-and-lb-3' ? ['../single/report.md', '../lb-3/report.md'] : [],
    )
    expectSound(report)
    await expectGolden(name, report)
  })

  it('names no winner where a run is in doubt', () => {
    const { markdown } = renderComparison([records.lb3(), records.doubtful()])
    expect(markdown.split('\n')[2]).toMatch(/^Generator-limited.*no winner is named/)
    expect(markdown.split('\n')[2]).not.toMatch(/times/)
  })

  it('states the gain over linear only between capacities of the same work', () => {
    expect(renderComparison([records.single(), records.lb3()]).markdown).toContain('Of linear')
    expect(renderComparison([records.ownApplication(), records.lb3()]).markdown).not.toContain('Of linear')
    expect(renderComparison([records.single(), records.outage()]).markdown).not.toContain('Of linear')
  })

  it('says what forbids a comparison', () => {
    expect(renderComparison([records.single(), records.outage()]).markdown).toContain('Not comparable as they stand')
  })

  it('finds no difference between runs that repeat one another', () => {
    const { markdown } = renderComparison([records.lb3(), makeAnother(2)])
    expect(markdown).toContain('these runs repeat one another')
    expect(markdown).toContain('## Spread between repeats')
  })

  it('does without a second run', () => {
    const report = renderComparison([records.single()])
    expectSound(report)
    expect(report.markdown).toContain('nothing to compare it with')
  })
})

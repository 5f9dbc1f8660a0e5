import { describe, expect, it } from 'vitest'
import { type RunRecord, runRecordSchema } from '../core/record.js'
import { renderReport } from './markdown.js'
import { expectGolden, expectSound } from './testing/golden.js'
import * as records from './testing/records.js'

const RECORDS = Object.entries(records).map(([name, make]): [string, RunRecord] => [name, make()])
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

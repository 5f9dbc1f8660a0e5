import { describe, expect, it } from 'vitest'
import { type CapacityRecord, capacityRecordSchema } from '../core/capacity.js'
import { renderCapacityReport } from './capacity.js'
import { expectGolden, expectSound } from './testing/golden.js'
import { madeUpCapacity } from './testing/made-up-capacity.js'

const RECORDS: [string, CapacityRecord][] = [
  ['capacity', madeUpCapacity()],
  ['capacity-up-to-the-maximum', madeUpCapacity({ boundMs: 5_000, instances: 1 })],
  ['capacity-of-nothing', madeUpCapacity({ boundMs: 3 })],
  ['capacity-in-doubt', madeUpCapacity({ doubtfulFrom: 1_000 })],
  ['capacity-unsettled', madeUpCapacity({ limit: 6 })],
  ['capacity-interrupted', madeUpCapacity({ cutAfter: 3 })],
]

const answerOf = (record: CapacityRecord): string => renderCapacityReport(record).markdown.split('\n')[2] ?? ''

describe('renderCapacityReport', () => {
  it.each(RECORDS)(
    'gives for %s what the golden file holds, also from the record as it is read back',
    async (name, record) => {
      const report = renderCapacityReport(record)
      expectSound(report)
      await expectGolden(name, report)
      expect(renderCapacityReport(capacityRecordSchema.parse(JSON.parse(JSON.stringify(record))))).toEqual(report)
    },
  )

  it('begins with its answer', () => {
    const [confirmed = '', maximum = '', nothing = '', doubt = '', unsettled = '', interrupted = ''] = RECORDS.map(
      ([, record]) => answerOf(record),
    )
    expect(confirmed).toMatch(
      / 3 instances behind nginx hold p99<50ms and errors<0\.1% up to 1,[23]\d\d requests\/s\. The limit lies between 1,[23]\d\d \(held in \d of \d probes\) and 1,[23]\d\d requests\/s \(missed in \d of \d\)/,
    )
    expect(maximum).toMatch(/ One instance holds .*, and nothing in between is left to try/)
    expect(nothing).toMatch(/ No rate holds p99<3ms and errors<0\.1% on 3 instances behind nginx, not even \d+/)
    expect(doubt).toMatch(/^Generator-limited and host-limited: at [\d,]+ requests\/s .* no capacity can be named\./)
    expect(unsettled).toMatch(/ Not confirmed: 6 probes did not settle it/)
    expect(interrupted).toMatch(/^Interrupted after 3 probes: no capacity was found yet\./)
  })

  it('names no capacity where the laboratory was in doubt, and says of a search that was killed that it is not over', () => {
    const doubtful = renderCapacityReport(madeUpCapacity({ doubtfulFrom: 1_000 })).markdown
    expect(doubtful).not.toContain('**capacity**')
    const killed = renderCapacityReport({ ...madeUpCapacity({ cutAfter: 2 }), status: 'running' })
    expect(killed.markdown).toContain('Ended after 2 probes: no capacity was found yet.')
  })

  it('does without a probe, and lets no text from outside become markup', () => {
    expectSound(renderCapacityReport(madeUpCapacity({ cutAfter: 0 })))
    const evil = '<script>x</script> | ` & "'
    const record = madeUpCapacity()
    const report = renderCapacityReport({
      ...record,
      stack: evil,
      slo: evil,
      work: evil,
      target: evil,
      objectives: record.objectives.map((objective) => ({ ...objective, text: evil })),
    })
    for (const text of [report.markdown, ...Object.values(report.charts)]) expect(text).not.toContain('<script')
  })
})

import { describe, expect, it } from 'vitest'
import { type RunRecord, runRecordSchema } from '../core/record.js'
import { type Report, renderComparison, renderReport } from './markdown.js'
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

/** Reports whose charts have golden files too; of the others the text is enough. */
const DRAWN = ['lb3', 'outage', 'single-and-lb-3']

async function expectGolden(name: string, { markdown, charts }: Report): Promise<void> {
  const folder = `testing/golden/${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  await expect(markdown).toMatchFileSnapshot(`${folder}/report.md`)
  if (!DRAWN.includes(name)) return
  for (const [file, svg] of Object.entries(charts)) await expect(svg).toMatchFileSnapshot(`${folder}/${file}`)
}

/** What holds for every report, whatever was measured. */
function expectSound({ markdown, charts }: Report): void {
  for (const text of [markdown, ...Object.values(charts)]) {
    expect(text).not.toMatch(/NaN|undefined|Infinity|\[object|\bnull\b/)
    expect(text.endsWith('\n')).toBe(true)
  }
  const shown = [...markdown.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map((match) => match[1])
  expect(shown.toSorted()).toEqual(Object.keys(charts).toSorted())
  for (const svg of Object.values(charts)) expectWellFormed(svg)
}

/** Every element closed in the right order, every ampersand an entity. */
function expectWellFormed(svg: string): void {
  const open: string[] = []
  for (const [, close, name, rest = ''] of svg.matchAll(/<(\/?)([a-z]+)([^>]*)>/gi)) {
    if (close === '/') expect(open.pop()).toBe(name)
    else if (!rest.endsWith('/')) open.push(name ?? '')
  }
  expect(open).toEqual([])
  expect(svg).not.toMatch(/&(?!(amp|lt|gt|quot);)/)
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
    expect(markdown.split('\n')[2]).toMatch(/^\*\*Generator-limited and host-limited\*\*: /)
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
    expect(markdown.split('\n')[2]).toMatch(/^\*\*Generator-limited.*no winner is named/)
    expect(markdown.split('\n')[2]).not.toMatch(/times/)
  })

  it('states the gain over linear only between capacities of the same work', () => {
    expect(renderComparison([records.single(), records.lb3()]).markdown).toContain('Of linear')
    expect(renderComparison([records.ownApplication(), records.lb3()]).markdown).not.toContain('Of linear')
    expect(renderComparison([records.single(), records.outage()]).markdown).not.toContain('Of linear')
  })

  it('says what forbids a comparison', () => {
    expect(renderComparison([records.single(), records.outage()]).markdown).toContain(
      '**Not comparable as they stand**',
    )
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

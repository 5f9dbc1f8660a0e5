import { Marked } from 'marked'
import { describe, expect, it } from 'vitest'
import { GUARD_SCHEMA, guardReportSchema } from '../core/detection.js'
import { type RunRecord, runRecordSchema } from '../core/record.js'
import { shardPlanSchema } from '../core/shard-plan.js'
import { styleSheet } from './charts/theme.js'
import { renderCompared } from './compared.js'
import { renderTables } from './csv.js'
import { renderGuard } from './detection.js'
import { renderDiff } from './diff.js'
import { renderDrills } from './drills.js'
import { renderHtml } from './html.js'
import { renderReport } from './markdown.js'
import { pageStyle } from './page-style.js'
import type { Report } from './report-of.js'
import { renderShardPlan } from './shard-plan.js'
import { gathered } from './testing/compared-records.js'
import { madeUpPlan } from './testing/made-up-plan.js'
import { lb3, outage, single } from './testing/records.js'
import { drillRecord } from './testing/replicated-records.js'
import { reshardRecord } from './testing/sharded-records.js'

/** As if it had been read from its file. */
const again = (record: RunRecord): RunRecord => runRecordSchema.parse(JSON.parse(JSON.stringify(record)))

const GUARD = guardReportSchema.parse({
  schema: GUARD_SCHEMA,
  stack: 'repl-2',
  started_at: '2026-11-20T10:00:00.000Z',
  length_ms: 60_000,
  freezes: 0,
  acts: true,
  watched_ms: 60_000,
  false_alarms: 0,
  failovers: [],
  settings: [
    {
      interval_ms: 100,
      misses: 3,
      detection_ms: [],
      watched_ms: 60_000,
      probes: 600,
      missed: 1,
      late: 0,
      false_alarms: 0,
    },
  ],
  host: { cores: 2, cpu: 'Example CPU', cpu_share: 0.4 },
})

/** Every kind of report there is, made from what was just measured and from the same out of its file. */
const REPORTS: [string, () => Report, () => Report][] = [
  ['run', () => renderReport(lb3()), () => renderReport(again(lb3()))],
  ['run with a fault', () => renderReport(outage()), () => renderReport(again(outage()))],
  ['drill', () => renderReport(drillRecord()), () => renderReport(again(drillRecord()))],
  ['migration', () => renderReport(reshardRecord()), () => renderReport(again(reshardRecord()))],
  ['drills', () => renderDrills([drillRecord()], 'repl-2'), () => renderDrills([again(drillRecord())], 'repl-2')],
  [
    'comparison',
    () => renderCompared(gathered([single(), lb3()])),
    () => renderCompared(gathered([again(single()), again(lb3())])),
  ],
  [
    'difference',
    () => renderDiff({ older: lb3(), newer: outage() }),
    () => renderDiff({ older: again(lb3()), newer: again(outage()) }),
  ],
  ['guard', () => renderGuard(GUARD), () => renderGuard(guardReportSchema.parse(JSON.parse(JSON.stringify(GUARD))))],
  [
    'shard plan',
    () => renderShardPlan(madeUpPlan()),
    () => renderShardPlan(shardPlanSchema.parse(JSON.parse(JSON.stringify(madeUpPlan())))),
  ],
]

describe('every report', () => {
  it.each(REPORTS)('has the same bytes in every format when it is made again: %s', (_, first, second) => {
    const [one, other] = [first(), second()]
    expect(other).toEqual(one)
    expect(renderHtml(other)).toBe(renderHtml(one))
    expect(renderTables(other)).toEqual(renderTables(one))
  })

  it.each(REPORTS)('is one HTML file that asks for nothing: %s', (_, make) => {
    const report = make()
    const html = renderHtml(report)
    expect(html).not.toMatch(/<script|<link|<img|@import|\bsrc=|url\(|\son\w+=/i)
    expect(html.match(/<svg /g)?.length ?? 0).toBe(Object.keys(report.charts).length)
    expect(html.match(/<style>/g)).toHaveLength(1)
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, named = ''] of html.matchAll(/aria-labelledby="([^"]+)"/g)) {
      for (const id of named.split(' ')) expect(ids).toContain(id)
    }
    expect(html).not.toMatch(/href="[^"]*report\.md"/)
    expectNested(html)
  })

  it.each(REPORTS)('has a CSV file for each of its tables, titles distinct, every row as long: %s', (_, make) => {
    const report = make()
    const files = Object.entries(renderTables(report))
    expect(files).toHaveLength(new Marked().lexer(report.markdown).filter(({ type }) => type === 'table').length)
    expect(files.length).toBeGreaterThan(0)
    for (const [name, csv] of files) {
      expect(name).toMatch(/^\d\d-[a-z0-9-]+\.csv$/)
      const rows = parseCsv(csv)
      expect(new Set(rows.map((row) => row.length)).size).toBe(1)
      expect(rows[0]).toEqual([...new Set(rows[0])])
      expect(rows.flat().filter((cell) => /^[=@]/.test(cell))).toEqual([])
    }
  })

  it.each(REPORTS)('opens with one paragraph in plain words, its statistics below: %s', (_, make) => {
    const [, , lead = ''] = make().markdown.split('\n')
    expect(lead).toMatch(/^[A-Z"0-9].*\.$/)
    expect(lead).not.toMatch(/chi-square|Jain|coefficient of variation|\bp (=|<|>)|\bsigma\b|\d\d:\d\d:\d\d/i)
    expect(lead.split(' ').length).toBeLessThan(180)
  })
})

describe('styles', () => {
  const classesIn = (css: string): string[] => [...css.matchAll(/\.([a-z][\w-]*)/gi)].map(([, name = '']) => name)

  it('of charts rule nothing of the page that they stand in', () => {
    const page = new Set(classesIn(pageStyle()))
    expect(classesIn(styleSheet()).filter((name) => page.has(name))).toEqual([])
    const elements = [...styleSheet().matchAll(/(?:^|[}\n])([a-z]+)\{/g)].map(([, name = '']) => name)
    expect(new Set(elements)).toEqual(new Set(['text', 'svg']))
  })
})

/** Rows of fields, as RFC 4180 has them. */
function parseCsv(csv: string): string[][] {
  expect(csv.endsWith('\r\n')).toBe(true)
  const rows: string[][] = [[]]
  for (const [, quoted, bare = '', end = ''] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)?.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'))
    if (end === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}

/** Every element closed in the right order. */
function expectNested(html: string): void {
  const open: string[] = []
  for (const [, close, name = '', rest = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/gi)) {
    if (['meta', 'br', 'hr'].includes(name) || rest.endsWith('/')) continue
    if (close === '/') expect(open.pop()).toBe(name)
    else open.push(name)
  }
  expect(open).toEqual([])
}

import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DatabaseView } from '../core/database-view.js'
import type { RunRecord } from '../core/record.js'
import type { NodeStatus } from '../core/stack.js'
import { shardingRecord, shardRecord } from '../core/testing/sharding.js'
import { type NodeRow, renderList, renderNodes } from './listings.js'
import { renderSummary } from './summary.js'
import { renderTable, type TextOptions } from './table.js'
import { madeUpRecord, REPLICATED } from './testing/records.js'
import { displayWidth } from './width.js'

const plain = { colour: false, width: 80 }
const coloured = { colour: true, width: 80 }

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => displayWidth(stripVTControlCharacters(line))))
}

/** Ordinary and wide characters, and what should never reach a terminal. On rarer ones cli-table3 measures differently. */
const text = fc
  .array(
    fc.constantFrom('api-1', 'réplica', '日本語', 'サーバー', '👍', 'x'.repeat(50), '\x1b[2J', '\n', ' ', '1,500'),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''))

describe('renderTable', () => {
  it('aligns columns under their titles, without trailing spaces', () => {
    const table = renderTable(
      ['name', { title: 'rate', align: 'right' }],
      [
        ['api-1', '7'],
        ['日本', '1,500'],
      ],
      plain,
    )
    expect(table).toBe(['name    rate', '────────────', 'api-1      7', '日本   1,500'].join('\n'))
  })

  it('wraps the widest column when there is no room', () => {
    const table = renderTable(['name', 'question'], [['single', 'how many requests does one answer']], {
      ...plain,
      width: 25,
    })
    expect(table.split('\n').slice(2)).toEqual(['single  how many requests', '        does one answer'])
  })

  it('is no wider than asked for, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(text, { minLength: 4, maxLength: 4 }), {
          maxLength: 5,
        }),
        fc.integer({ min: 16, max: 120 }),
        fc.boolean(),
        (rows, width, colour) => {
          const table = renderTable(['a', 'b', { title: 'c', align: 'right' }, 'a long title'], rows, { width, colour })
          expect(widest(table)).toBeLessThanOrEqual(width)
        },
      ),
      { numRuns: 50 },
    )
  })
})

const LEAD = 'How much can it take? It answered 1,448 requests per second.'
const summaryOf = (record: RunRecord, options: TextOptions): string => renderSummary(record, LEAD, options)

describe('renderSummary', () => {
  const summary = summaryOf(madeUpRecord(), plain)

  it('says what errors said, harmlessly', () => {
    const { load } = madeUpRecord()
    const said = { status: 401, answers: 12, content_type: 'text/plain', body: 'who \u001b[31mare you?', more: false }
    const bad = {
      ...load,
      statuses: { 200: 5, 401: 12 },
      losses: {},
      errors: [said],
      connect_failures: { ECONNREFUSED: 3 },
    }
    const text = summaryOf(madeUpRecord({ load: bad }), plain)
    expect(text).toContain('401 (12 answers, text/plain): "who are you?"\nnot connected: ECONNREFUSED 3')
  })

  it('tells of replication, writes and reads where there are such', () => {
    const text = summaryOf(madeUpRecord(REPLICATED), plain)
    const from = text.indexOf('standby  ')
    expect(text.slice(from, text.indexOf('\n\n', text.indexOf('writes:')))).toMatchInlineSnapshot(`
      "standby    replication       lag ms p50  p99   max  replay p99  behind
      ──────────────────────────────────────────────────────────────────────
      standby-1  streaming, async         1.2  5.1  12.4         4.2  131 kB
      standby-2  down                       -    -     -        idle       -

      writes: 9,000 acknowledged, 3 refused, 2 unknown; 0 lost, 1 recovered, 0
      duplicated
      reads: 12 of 30,000 missed the client's own write (2.5 ms old in the middle, 9.1
      ms at most), 1 went back in time"
    `)
    const lost = { ...REPLICATED.writes, lost: ['r-0-1'] } as NonNullable<typeof REPLICATED.writes>
    expect(summaryOf(madeUpRecord({ ...REPLICATED, writes: lost }), coloured)).toContain('\x1b[1;31mwrites: ')
    const unread = { ...lost, lost: null, recovered: null, duplicated: null }
    expect(summaryOf(madeUpRecord({ writes: unread }), plain)).toContain('2 unknown; not held against the database')
    expect(summary).not.toContain('standby')
    expect(summary).not.toContain('writes')
    for (const width of [40, 60]) {
      expect(widest(summaryOf(madeUpRecord(REPLICATED), { ...plain, width }))).toBeLessThanOrEqual(width)
    }
  })

  it('tells of shards: keys, requests and how unevenly they fall', () => {
    const shards = [shardRecord('shard-1', { requests: 6_000, share: 0.5 }), shardRecord('shard-2', { keys: null })]
    const sharding = shardingRecord({ shards, gathered: 120 })
    const text = summaryOf(madeUpRecord({ sharding }), { ...plain, width: 90 })
    const from = text.indexOf('shard  ')
    expect(text.slice(from, text.indexOf('\n\n', from))).toMatchInlineSnapshot(`
      "shard     keys  slots     size  requests   share  rate/s  p50 ms  p99 ms
      ────────────────────────────────────────────────────────────────────────
      shard-1  1,000  5,461  12.0 MB     6,000  50.0 %     100     4.2    18.3
      shard-2      -  5,461  12.0 MB     3,000  33.3 %     100     4.2    18.3
      scheme ring, map version 1; the hottest shard answers 1.33x the mean; 120 answers gathered
      from several shards; every row where it belongs"
    `)
    const astray = summaryOf(madeUpRecord({ sharding: { ...sharding, misplaced: 3 } }), coloured)
    expect(stripVTControlCharacters(astray)).toContain('3 rows ASTRAY')
    expect(summaryOf(madeUpRecord({ sharding: { ...sharding, misplaced: null } }), plain)).toContain('rows not counted')
    expect(summary).not.toContain('shard')
    for (const width of [40, 60, 80]) {
      expect(widest(summaryOf(madeUpRecord({ sharding }), { ...plain, width }))).toBeLessThanOrEqual(width)
    }
  })

  it('opens with what came out in plain words', () => {
    expect(summary.split('\n\n')[1]).toBe(LEAD)
  })

  it('holds the rates, the ledger, both latencies and the instances, and leaves statistics to the report', () => {
    expect(summary).toMatch(/offered\/s.*unfinished\n─+\n +1,500 +1,448 +1,448 +45,000 +43,440 +15 +12 +1,533\n/)
    expect(summary).toMatch(/response \(since due\) +40\.1 +88\.1 +103 +160 +231 +413\n/)
    expect(summary).toMatch(/service \(since sent\) +36\.4/)
    expect(summary).toMatch(/errors \(since due\) +1\.9/)
    expect(summary).toMatch(/api-2 +14,480 +33\.3 % +33\.3 % +483 +40\.1 +160 +15\n/)
    expect(summary).not.toMatch(/Jain|chi-square/)
  })

  it('says each verdict as a word, and why one is unknown', () => {
    expect(summary).toMatch(/^PASS {5}three instances answer about 1,500 requests\/s \("Semana 6: Escalabilidad$/m)
    expect(summary).toMatch(/^FAIL {5}half of the requests/m)
    expect(summary).toMatch(/^UNKNOWN {2}the load is spread evenly/m)
    expect(summary).toContain('the answers name no instance')
  })

  it('says which checks failed, what that means and what to do', () => {
    expect(summary).toMatch(/^! host-cpu 0\.99 \(limit 0\.97\): all processors there are for this were busy/m)
    const sound = madeUpRecord({ validity: madeUpRecord().validity.filter(({ ok }) => ok) })
    expect(summaryOf(sound, plain)).not.toMatch(/host-cpu|generator-lateness/)
  })

  it('fits its width, and says the same with colours', () => {
    for (const width of [80, 100, 60])
      expect(widest(summaryOf(madeUpRecord(), { ...plain, width }))).toBeLessThanOrEqual(width)
    expect(summary).not.toContain('\x1b')
    const painted = summaryOf(madeUpRecord(), coloured)
    expect(painted).toContain('\x1b[')
    expect(stripVTControlCharacters(painted)).toBe(summary)
  })

  it('has one latency and no offered rate for a closed loop, and no instances where there are none', () => {
    const { load } = madeUpRecord()
    const closed = summaryOf(
      madeUpRecord({
        load: { ...load, mode: 'closed', arrival: null, offered_rps: null },
        instances: [],
        engine: null,
      }),
      plain,
    )
    expect(closed).not.toContain('service (since sent)')
    expect(closed).not.toMatch(/^instance/m)
    expect(closed).toMatch(/─\n +- +1,448/)
  })
})

it('renderNodes names each node, its state in a word', () => {
  const nodes: NodeStatus[] = [
    {
      id: 'balancer',
      role: 'balancer',
      state: 'running',
      url: 'http://127.0.0.1:20340',
      handle: 'pid 4711',
      internalAddresses: [],
    },
    { id: 'api-1', role: 'api', state: 'stopped', url: null, handle: 'pid 4712', internalAddresses: [] },
  ]
  expect(renderNodes(nodes, plain).split('\n').slice(2)).toEqual([
    'balancer  balancer  running  http://127.0.0.1:20340  pid 4711',
    'api-1     api       stopped  -                       pid 4712',
  ])
})

it('renderNodes says what database servers are, where that was asked', () => {
  const node = { state: 'running' as const, url: 'tcp://127.0.0.1:1', handle: 'pid 1', internalAddresses: [] }
  const database = (id: string, view: Partial<DatabaseView>): NodeRow => ({
    ...node,
    id,
    role: 'database',
    database: { role: null, timeline: null, streaming: null, follows: null, fenced: false, refusal: null, ...view },
  })
  const nodes: NodeRow[] = [
    { ...node, id: 'api-1', role: 'api' },
    database('primary', { role: 'old-primary', timeline: 1 }),
    database('standby-1', { role: 'primary', timeline: 2 }),
    database('standby-2', { role: 'standby', streaming: true, follows: 'standby-1' }),
    database('standby-3', { role: 'standby', streaming: false }),
    database('standby-4', { fenced: true }),
    database('standby-5', {}),
    { ...database('standby-6', {}), state: 'stopped' },
  ]
  const rows = renderNodes(nodes, { colour: false, width: 120 }).split('\n').slice(2)
  expect(rows.map((row) => row.split(/ {2,}/)[1])).toEqual([
    'api',
    'old primary, timeline 1: to be brought back',
    'primary, timeline 2',
    'standby of standby-1, streaming',
    'standby of a stranger, not streaming',
    'database, fenced',
    'database, gives no answer',
    'database',
  ])
  for (const row of renderNodes(nodes, plain).split('\n').slice(2)) {
    expect(displayWidth(row)).toBeLessThanOrEqual(80)
    if (row.includes('tcp')) expect(row).toContain('tcp://127.0.0.1:1  pid 1')
  }
})

it('renderList gives each scenario its question, wrapped', () => {
  const list = renderList(
    'scenario',
    [{ name: 'lb-3', question: 'Do three replicas carry three times the load of one? '.repeat(3), claims: 4 }],
    plain,
  )
  expect(widest(list)).toBeLessThanOrEqual(80)
  expect(list).toMatch(/^lb-3 +Do three replicas .* 4$/m)
})

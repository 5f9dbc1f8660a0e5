import { describe, expect, it } from 'vitest'
import type { RunRecord } from '../core/record.js'
import { type Column, columnsOf } from './columns.js'
import { REPLICATION_FIGURES } from './compared-figures.js'
import { bench, drill } from './testing/replicated-runs.js'

const shape = (records: RunRecord[]): [string, number, number][] =>
  columnsOf(records).map(({ name, runs, drills }) => [name, runs.length, drills.length])

const read = (column: Column | undefined, name: string): number | null | undefined =>
  column === undefined ? undefined : REPLICATION_FIGURES.find((figure) => figure.name === name)?.read(column)

describe('columnsOf', () => {
  it('keeps every run by itself, also repeats', () => {
    expect(shape([bench(), bench()])).toEqual([
      ['repl-2 #1', 1, 0],
      ['repl-2 #2', 1, 0],
    ])
  })

  it('puts repeated drills in one column, whichever server was the primary', () => {
    expect(shape([drill(), drill({ node: 'standby-1' }), drill({ node: 'standby-2' })])).toEqual([['repl-2', 3, 3]])
  })

  it.each<[string, RunRecord, string[]]>([
    ['fault', drill({ fault: 'pause' }), ['repl-2 kill primary', 'repl-2 pause primary']],
    ['node', drill({ role: 'standby', node: 'standby-1' }), ['repl-2 kill primary', 'repl-2 kill standby-1']],
    ['durability', drill({}, { durability: 'on' }), ['repl-2 durability=local', 'repl-2 durability=on']],
    [
      'detector',
      { ...drill(), parameters: { ...drill().parameters, detector: { interval_ms: 50, misses: 3 } } },
      ['repl-2 detector=100ms*3', 'repl-2 detector=50ms*3'],
    ],
  ])('keeps drills apart that differ in their %s', (_, other, names) => {
    expect(shape([drill(), drill(), other])).toEqual([
      [names[0], 2, 2],
      [names[1], 1, 1],
    ])
  })

  it('lets drills join the one run on their stack, wherever it stands', () => {
    expect(shape([bench(), drill(), drill()])).toEqual([['repl-2', 1, 2]])
    expect(shape([drill(), bench({ durability: 'on' }), bench(), drill({}, { durability: 'on' })])).toEqual([
      ['repl-2 durability=on', 1, 1],
      ['repl-2 durability=local', 1, 1],
    ])
  })

  it('does not guess where two runs, or two kinds of drills, share a stack', () => {
    expect(shape([bench(), bench(), drill()])).toHaveLength(3)
    expect(shape([bench(), drill(), drill({ fault: 'pause' })])).toHaveLength(3)
  })
})

describe('the figures of a column', () => {
  it('takes medians of times over trials, and sums writes over run and trials', () => {
    const [column] = columnsOf([
      bench(),
      drill({ rto_ms: 200, lost: ['a', 'b'] }),
      drill({ rto_ms: 300, lost: ['c'] }),
      drill({ rto_ms: 900 }),
      drill({ rto_ms: null }),
    ])
    expect(read(column, 'trials')).toBe(4)
    expect(read(column, 'RTO ms')).toBe(300)
    expect(read(column, 'RTO p95 ms')).toBe(900)
    expect(read(column, 'never back')).toBe(1)
    expect(read(column, 'lost writes')).toBe(3)
    expect(read(column, 'acknowledged writes')).toBe(5_000)
    expect(read(column, 'stale reads')).toBeCloseTo(0.01)
    // Of the run alone: a lag under a failure is another one.
    expect(read(column, 'lag mean ms')).toBe(3)
  })

  it('tells reads alone from writes of which none was lost', () => {
    const writes = { acknowledged: 0, refused: 0, unknown: 0, lost: [], recovered: 0, duplicated: [] }
    const [column] = columnsOf([{ ...bench(), writes }])
    for (const name of ['acknowledged writes', 'lost writes', 'unknown writes']) expect(read(column, name)).toBeNull()
  })

  it('knows nothing of losses that could not be read back', () => {
    const { writes, ...record } = bench()
    if (writes === undefined) throw new Error('a run has writes')
    const [unread] = columnsOf([{ ...record, writes: { ...writes, lost: null } }])
    expect(read(unread, 'lost writes')).toBeNull()
    expect(read(columnsOf([bench()])[0], 'lost writes')).toBe(0)
    expect(read(columnsOf([bench()])[0], 'RTO ms')).toBeNull()
  })
})

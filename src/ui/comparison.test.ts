import { describe, expect, it } from 'vitest'
import { stackParametersSchema } from '../core/parameters.js'
import type { RunRecord } from '../core/record.js'
import { mergeEncoded } from '../stats/histogram.js'
import { renderComparisonTable } from './comparison.js'
import { madeUpRecord } from './testing/records.js'

const plain = { colour: false, width: 80 }

const TRIAL: NonNullable<RunRecord['trial']> = {
  node: 'primary',
  role: 'primary',
  fault: 'kill',
  promoted: 'standby-1',
  rto_ms: 200,
  detected_ms: 8,
  promoted_ms: 180,
  back_ms: 1_000,
  back_after_failover_ms: 800,
  acknowledged: 50,
  lost: [],
  refused: 0,
  unknown: 0,
  recovered: 0,
  duplicated: [],
  diverged: 0,
  stale_reads: 0,
  backwards_reads: 0,
  failed_requests: 3,
  timeline: [],
}

describe('renderComparisonTable of replicated stacks', () => {
  it('names columns by what differs on replicated stacks, with drills and what they cost in rows of their own', () => {
    const stack = (durability: string, changes: Partial<RunRecord>): RunRecord =>
      madeUpRecord({
        scenario: 'repl-2',
        validity: [],
        parameters: stackParametersSchema.parse({ kind: 'replicated', replicas: 2, database: { durability } }),
        writes: { acknowledged: 900, refused: 0, unknown: 0, lost: [], recovered: 0, duplicated: [] },
        ...changes,
      })
    const drill = (durability: string, rto: number, lost: string[]): RunRecord => {
      const record = stack(durability, {})
      return {
        ...record,
        histograms: { response: mergeEncoded([]), service: mergeEncoded([]), instances: {} },
        writes: { acknowledged: 50, refused: 0, unknown: 0, lost, recovered: 0, duplicated: [] },
        trial: { ...TRIAL, rto_ms: rto, lost },
      }
    }
    const table = renderComparisonTable(
      [
        stack('local', {}),
        drill('local', 180, ['a', 'b']),
        drill('local', 240, []),
        stack('on', {}),
        drill('on', 315, []),
      ],
      plain,
    )
    expect(table).toMatch(/^ +repl-2 durability=local +repl-2 durability=on$/m)
    expect(table).toMatch(/^good\/s +1,448 +1,448 {2}1\.00x$/m)
    expect(table).toMatch(/^acknowledged writes +1,000 +950$/m)
    expect(table).toMatch(/^lost writes +2 +0$/m)
    expect(table).toMatch(/^trials +2 +1$/m)
    expect(table).toMatch(/^RTO ms +210 +315 {2}1\.50x$/m)
    const without = [madeUpRecord({ scenario: 'single' }), madeUpRecord()]
    expect(renderComparisonTable(without, plain)).not.toMatch(/writes|RTO|trials/)
  })
})

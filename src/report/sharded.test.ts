import { describe, expect, it } from 'vitest'
import { type RunRecord, runRecordSchema } from '../core/record.js'
import { renderReport } from './markdown.js'
import { expectGolden, expectSound } from './testing/golden.js'
import { reshardRecord, shardedRecord } from './testing/sharded-records.js'

const REPORTS: [string, RunRecord][] = [
  ['sharded', shardedRecord()],
  ['sharded-hot', shardedRecord({ keys: 'zipf', shares: [0.55, 0.25, 0.2] })],
  ['reshard', reshardRecord()],
  ['reshard-shrinking', reshardRecord({ from: 4, to: 3, rps: null, waitedMs: 3_400 })],
  ['reshard-modulo', reshardRecord({ toScheme: 'modulo', measuredMs: 30_000 })],
  ['reshard-interrupted', reshardRecord({ outcome: 'interrupted' })],
  ['reshard-rolled-back', reshardRecord({ outcome: 'rolled back' })],
  ['reshard-failed', reshardRecord({ outcome: 'failed' })],
]

describe('renderReport of stacks of shards', () => {
  it.each(REPORTS)('gives for %s what the golden file holds', async (name, record) => {
    const report = renderReport(record)
    expectSound(report)
    await expectGolden(name, report)
    const reread = runRecordSchema.parse(JSON.parse(JSON.stringify(record)))
    expect(renderReport(reread)).toEqual(report)
  })
})

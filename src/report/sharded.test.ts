import { describe, expect, it } from 'vitest'
import { type RunRecord, runRecordSchema } from '../core/record.js'
import { renderComparison, renderReport } from './markdown.js'
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

const capacity = (shards: number, meanMs: number, keys: 'uniform' | 'zipf' = 'uniform'): RunRecord =>
  shardedRecord({
    seed: shards,
    shards,
    sharding: { query_ms: 5, pool: 2 },
    rps: null,
    keys,
    meanMs,
    measuredMs: 3_000,
    ...(keys === 'zipf'
      ? { shares: Array.from({ length: shards }, (_, i) => (i === 0 ? 0.4 : 0.6 / (shards - 1 || 1))) }
      : {}),
  })

const SCALING = [
  ...[2.5, 1.27, 0.86, 0.66].map((meanMs, i) => capacity(i + 1, meanMs)),
  ...[2.5, 1.6, 1.25, 1.1].map((meanMs, i) => capacity(i + 1, meanMs, 'zipf')),
]

const COMPARISONS: [string, RunRecord[]][] = [
  ['shard-scaling', SCALING],
  ['shard-schemes', [shardedRecord(), shardedRecord({ sharding: { scheme: 'jump' } })]],
  ['reshards', [reshardRecord(), reshardRecord({ sharding: { scheme: 'modulo' }, measuredMs: 30_000 })]],
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

describe('renderComparison of stacks of shards', () => {
  it.each(COMPARISONS)('gives for %s what the golden file holds', async (name, records) => {
    const report = renderComparison(records)
    expectSound(report)
    await expectGolden(name, report)
  })
})

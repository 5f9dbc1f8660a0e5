import { describe, expect, it } from 'vitest'
import { type RunRecord, runRecordSchema } from '../core/record.js'
import { renderCompared } from './compared.js'
import { renderReport } from './markdown.js'
import { gathered } from './testing/compared-records.js'
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

  const answerOf = (record: RunRecord): string => renderReport(record).markdown.split('\n')[2] ?? ''

  it('begins a migration with its answer', () => {
    expect(answerOf(reshardRecord())).toMatch(
      / Moving from 3 to 4 shards moved 25,074 rows \(25\.0 %; minimum 25\.0 % of the users; 2\.8 MiB\) in 8\.5 s under 300 requests\/s; writes to what moved waited 41 ms \(p95\) per batch, 41 ms at most\. No request failed\. /,
    )
    expect(answerOf(reshardRecord({ from: 4, to: 3, rps: null, waitedMs: 3_400 }))).toMatch(
      /under a closed loop; .* It waited 3\.4 s for shards that did not answer\. /,
    )
    expect(answerOf(reshardRecord({ to: 3, toScheme: 'modulo' }))).toMatch(
      / Moving 3 shards from ring to modulo moved /,
    )
  })

  it.each([
    ['rolled back', /Rolled back: the move from 3 to 4 shards was taken back/],
    ['interrupted', /Interrupted: the move .* with 8,358 of 25,074 rows moved; no user is served by two shards/],
    ['failed', /The move from 3 to 4 shards failed after /],
  ] as const)('says what became of one that was %s', (outcome, answer) => {
    const text = answerOf(reshardRecord({ outcome }))
    expect(text).toMatch(answer)
    expect(text).not.toContain('left on a shard')
    const { markdown } = renderReport(reshardRecord({ outcome }))
    expect(markdown.includes('`scalelab reshard --resume` goes on')).toBe(outcome !== 'rolled back')
  })

  it('does not claim that all is well where it is not, or is not known', () => {
    const change = (wrong: object): string =>
      answerOf(
        reshardRecord({
          change: (record) => ({
            ...record,
            load: { ...record.load, ledger: { ...record.load.ledger, http_error: 2 } },
          }),
        }),
      ) +
      answerOf({
        ...reshardRecord(),
        reshard: { ...(reshardRecord().reshard as NonNullable<RunRecord['reshard']>), ...wrong },
      })
    expect(change({ misplaced: 3 })).toContain('3 rows left on a shard that does not own them.')
    expect(change({ duplicated: 1 })).toContain('1 user served by two shards.')
    expect(change({ misplaced: null })).toContain('could not be asked afterwards.')
    expect(change({})).toContain('2 requests of 4,799 failed.')
  })

  it('names hot shards, and rows that are not where they belong', () => {
    expect(renderReport(shardedRecord()).markdown).toContain('No shard is hot')
    const hot = shardedRecord({ shares: [0.55, 0.25, 0.2] })
    expect(renderReport(hot).markdown).toContain('**Hot**: shard-1 (55.0 %, 1.65 times its fair share).')
    const { sharding } = hot
    if (sharding === undefined) throw new Error('it has shards')
    const wrong = renderReport({ ...hot, sharding: { ...sharding, misplaced: 7, duplicated: 1 } }).markdown
    expect(wrong).toContain(
      '**Not where they belong**: 7 rows on a shard that does not own their slot and 1 user served',
    )
    const unknown = renderReport({ ...hot, sharding: { ...sharding, misslotted: null } }).markdown
    expect(unknown).toContain('**The shards could not all be asked afterwards**')
  })

  it('tells of shards once: reads and writes by server are in their section', () => {
    const { markdown } = renderReport(shardedRecord())
    expect(markdown).not.toContain('## Reads and writes by server')
    expect(markdown).toContain('`read` is reading a session')
  })

  it('does without counts, batches, ticks and keys', () => {
    const { sharding, reshard, ...record } = reshardRecord()
    if (sharding === undefined || reshard === undefined) throw new Error('it has both')
    const report = renderReport({
      ...record,
      timeline: [],
      sharding: {
        ...sharding,
        shards: sharding.shards.map((shard) => ({
          ...shard,
          keys: null,
          rows: null,
          bytes: null,
          p50_ms: null,
          p99_ms: null,
          requests: 0,
          share: 0,
        })),
      },
      reshard: { ...reshard, batches: [], before: [], after: [], tallies: [], plan: { ...reshard.plan, moves: [] } },
    })
    expectSound(report)
  })

  it('lets no text from outside become markup', () => {
    const evil = '<script>x</script> | ` & "'
    const record = reshardRecord()
    const { sharding, reshard } = record
    if (sharding === undefined || reshard === undefined) throw new Error('it has both')
    const report = renderReport({
      ...record,
      sharding: {
        ...sharding,
        scheme: evil,
        keying: evil,
        shards: sharding.shards.map((shard, i) => ({ ...shard, id: `${evil}${i}` })),
      },
      reshard: {
        ...reshard,
        plan: {
          ...reshard.plan,
          to: { scheme: 'ring', shards: [evil] },
          moves: reshard.plan.moves.map((move) => ({ ...move, to: evil })),
        },
        batches: reshard.batches.map((batch) => ({ ...batch, to: evil })),
        after: reshard.after.map((count, i) => ({ ...count, id: `${evil}${i}` })),
        tallies: reshard.tallies.map((tally) => ({ ...tally, table: evil })),
        added: [evil],
      },
    })
    expectSound(report)
    for (const text of [report.markdown, ...Object.values(report.charts)]) expect(text).not.toContain('<script')
  })
})

describe('runs of stacks of shards that are put together', () => {
  it.each(COMPARISONS)('gives for %s what the golden file holds', async (name, records) => {
    const report = renderCompared(gathered(records))
    expectSound(report)
    await expectGolden(name, report)
  })

  it('begins with what more shards bring, and holds claim 14 against each way to draw keys', () => {
    const { markdown } = renderCompared(gathered(SCALING))
    expect(markdown.split('\n')[2]).toMatch(
      / 4 shards answered 3\.\d+x the requests of one with uniform keys \(\d+(\.\d)? % of linear\) and 4 shards answered 2\.\d+x .* with zipf:0\.99 keys/,
    )
    expect(markdown).toMatch(/\(uniform keys\) .*\| pass /)
    expect(markdown).toMatch(/\(zipf:0\.99 keys\) .*\| \*\*fail\*\* /)
  })

  it('has no scaling of runs that differ in more than the shards', () => {
    const [one, two] = [capacity(1, 2.5), shardedRecord({ shards: 2, rps: null })]
    expect(renderCompared(gathered([one, two])).markdown).not.toContain('## Scaling with shards')
  })
})

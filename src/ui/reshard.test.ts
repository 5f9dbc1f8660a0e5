import { describe, expect, it } from 'vitest'
import type { ReshardProgress } from '../core/sharding.js'
import { reshardRecord, shardingRecord } from '../core/testing/sharding.js'
import { progressLine, renderReshardPlan, reshardLines } from './reshard.js'
import { madeUpRecord, REPLICATED } from './testing/records.js'

const plain = { colour: false, width: 80 }
const { plan } = reshardRecord()

describe('the plan of a migration', () => {
  it('says what moves from where to where, and what would have to', () => {
    expect(renderReshardPlan(plan, plain)).toMatchInlineSnapshot(`
      "From 3 shards by ring to 4 shards by ring: 780 of 3,000 keys move (26.0 %); even
      shards ask for 25.0 %.

      from     to       slots  keys   rows    size  of all rows
      ─────────────────────────────────────────────────────────
      shard-1  shard-4  1,365   260    520  210 kB        8.7 %
      shard-2  shard-4  1,365   260    520  210 kB        8.7 %
      shard-3  shard-4  1,365   260    520  210 kB        8.7 %
      in all            4,095   780  1,560  630 kB       26.0 %"
    `)
  })

  it('says of one that moves nothing that it does not', () => {
    const nothing = { ...plan, moves: [], keys: { total: 3_000, moved: 0, minimum: 0 } }
    expect(renderReshardPlan(nothing, plain)).toBe(
      'From 3 shards by ring to 4 shards by ring: 0 of 3,000 keys move (0.0 %); even\nshards ask for none.',
    )
    const empty = { ...plan, keys: { total: 0, moved: 0, minimum: 0 }, rows: { total: 0, moved: 0 } }
    expect(renderReshardPlan(empty, plain)).toContain('there are no keys')
  })
})

describe('the progress of a migration', () => {
  const progress: ReshardProgress = {
    phase: 'copying',
    from: 'shard-1',
    to: 'shard-4',
    moved_rows: 1_234,
    total_rows: 25_000,
    rows_per_s: 4_210.4,
    left_ms: 5_645,
    batches: 2,
    total_batches: 13,
    longest_held_ms: 12.34,
    waiting_for: null,
  }

  it.each<[Partial<ReshardProgress>, string]>([
    [{}, 'copying shard-1 to shard-4: 1,234 of 25,000 rows (4.9 %), 4,210 rows/s, 5.6 s left, longest hold 12.3 ms'],
    [
      { phase: 'waiting', waiting_for: 'shard-2', rows_per_s: 0, left_ms: null, longest_held_ms: null },
      'WAITING for shard-2, shard-1 to shard-4: 1,234 of 25,000 rows (4.9 %), 0 rows/s',
    ],
    [
      { phase: 'starting shards', from: null, to: null, moved_rows: 0, total_rows: 0, left_ms: null },
      'starting shards: 0 of 0 rows (0.0 %), 4,210 rows/s, longest hold 12.3 ms',
    ],
    [
      { phase: 'done', from: null, to: null, moved_rows: 25_000, longest_held_ms: null },
      'done: 25,000 of 25,000 rows (100.0 %), 4,210 rows/s',
    ],
  ])('%j', (change, line) => {
    expect(progressLine({ ...progress, ...change })).toBe(line)
  })
})

describe('a migration in the terminal', () => {
  const ledger = { ...madeUpRecord().load.ledger, http_error: 0, lost: 0 }
  const record = madeUpRecord({
    ...REPLICATED,
    load: { ...madeUpRecord().load, ledger },
    sharding: shardingRecord(),
    reshard: reshardRecord(),
    validity: [],
  })

  it('is what moved, what it cost, and where the keys are', () => {
    expect(reshardLines(record, 'Rows moved.').join('\n')).toMatchInlineSnapshot(`
      "
      Rows moved.

      Moved from 3 shards by ring to 4 shards by ring: 1,560 rows (630 kB) in 5.4 s,
      289 rows/s; 780 of 3,000 keys move (26.0 %); even shards ask for 25.0 %.
      Writes to what was moving had to wait 3 times: 18.0 ms in the middle, p95 30.0
      ms, at most 30.0 ms.
      Clients: none of 45,000 requests failed; response time p50 40.1 ms, p99 160 ms,
      at most 413 ms.
      Writes: 9,000 acknowledged, 0 of them lost, 0 made twice; 3 refused, 2 unknown.
      Every row lies where it belongs, counted by SQL on all shards.

      shard    keys before  after  slots before  after  size after
      ─────────────────────────────────────────────────────────────────
      shard-1        1,000    740         4,096  4,096      296 kB
      shard-2        1,000    740         4,096  4,096      296 kB
      shard-3        1,000    740         4,096  4,096      296 kB
      shard-4            -    780             -  4,096      312 kB  new

      Validity: nothing was checked, so treat the figures with care."
    `)
  })

  it.each<[string, Parameters<typeof madeUpRecord>[0], string]>([
    ['failed requests', { load: madeUpRecord().load }, '27 of 45,000 requests FAILED'],
    ['rows astray', { sharding: shardingRecord({ misplaced: 2, duplicated: 1 }) }, 'ROWS ASTRAY, counted by SQL: 2 on'],
    ['rows not counted', { sharding: shardingRecord({ misplaced: null }) }, 'could not be counted'],
    ['doubts', { validity: madeUpRecord().validity }, '! host-cpu 0.99 (limit 0.97): all processors'],
    ['a wait', { reshard: reshardRecord({ waited_ms: 3_100 }) }, 'It waited 3.1 s for shards that did not answer.'],
    [
      'a rollback',
      { reshard: reshardRecord({ outcome: 'rolled back' }) },
      'Rolled back to 3 shards by ring: 1,560 rows',
    ],
    ['an interruption', { reshard: reshardRecord({ outcome: 'interrupted' }) }, 'scalelab reshard --resume'],
    ['a failure', { reshard: reshardRecord({ outcome: 'failed' }) }, 'Failed on the way to 4 shards by ring'],
    ['shrinking', { reshard: reshardRecord({ added: [], removed: ['shard-4'] }) }, 'removed'],
  ])('tells of %s', (_, facts, words) => {
    expect(reshardLines({ ...record, ...facts }, 'Rows moved.', 1_000).join('\n')).toContain(words)
  })

  it('is nothing where nothing moved', () => {
    expect(reshardLines(madeUpRecord(), '')).toEqual([])
  })
})

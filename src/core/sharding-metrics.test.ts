import { describe, expect, it } from 'vitest'
import { findMetric } from './metrics.js'
import { stackParametersSchema } from './parameters.js'
import type { ShardRecord } from './sharding.js'
import { type RecordFacts, recordWith } from './testing/record.js'
import { reshardRecord, shardingRecord, shardRecord } from './testing/sharding.js'

const shards = (...of: Partial<ShardRecord>[]): RecordFacts => ({
  sharding: shardingRecord({ shards: of.map((more, index) => shardRecord(`shard-${index + 1}`, more)) }),
})
const weighted = (...weights: number[]): RecordFacts => ({
  parameters: stackParametersSchema.parse({
    kind: 'sharded',
    sharding: { shards: weights.length, scheme: 'rendezvous', weights },
  }),
})
const planned = (total: number, moved: number, minimum: number): RecordFacts['reshard'] => ({
  ...reshardRecord(),
  plan: { ...reshardRecord().plan, keys: { total, moved, minimum } },
})

describe('metrics of shards', () => {
  it.each<[string, string, RecordFacts, number | null]>([
    ['max_deviation', 'of another stack', {}, null],
    ['max_deviation', 'even', shards({}, {}, {}), 0],
    ['max_deviation', 'too many here', shards({ keys: 1_200 }, { keys: 900 }, { keys: 900 }), 0.2],
    ['max_deviation', 'too few there', shards({ keys: 1_100 }, { keys: 1_100 }, { keys: 800 }), 0.2],
    ['max_deviation', 'all on one', shards({ keys: 9 }, { keys: 0 }, { keys: 0 }), 2],
    ['max_deviation', 'by weight', { ...shards({ keys: 500 }, { keys: 1_000 }), ...weighted(1, 2) }, 0],
    ['max_deviation', 'not by weight', { ...shards({ keys: 750 }, { keys: 750 }), ...weighted(1, 2) }, 0.5],
    [
      'max_deviation',
      'by the map',
      { ...shards({ keys: 500, weight: 1 }, { keys: 500, weight: 1 }), ...weighted(1, 2) },
      0,
    ],
    ['max_deviation', 'one has left', shards({}, {}, { slots: 0, keys: null }), 0],
    ['max_deviation', 'one could not be asked', shards({}, {}, { keys: null }), null],
    ['max_deviation', 'no keys', shards({ keys: 0 }, { keys: 0 }), null],
    ['max_deviation', 'one shard', shards({}), null],
    ['misplaced', 'none', shards({}), 0],
    ['misplaced', 'some', { sharding: shardingRecord({ misplaced: 3, misslotted: 1, duplicated: 2 }) }, 6],
    ['misplaced', 'not counted', { sharding: shardingRecord({ misslotted: null }) }, null],
    ['misplaced', 'of another stack', {}, null],
    ['skew', 'even', shards({}, {}, {}), 1],
    ['skew', 'one hot', shards({ requests: 600 }, { requests: 300 }, { requests: 0 }), 2],
    ['skew', 'one has left', shards({ requests: 300 }, { requests: 300 }, { slots: 0, requests: 900 }), 1],
    ['skew', 'no answers', shards({ requests: 0 }, { requests: 0 }), null],
    ['moved_fraction', 'whole', { reshard: planned(1_000, 260, 250) }, 0.26],
    ['moved_fraction', 'broken off', { reshard: reshardRecord({ outcome: 'interrupted' }) }, null],
    ['moved_fraction', 'rolled back', { reshard: reshardRecord({ outcome: 'rolled back' }) }, null],
    ['moved_fraction', 'of nothing', { reshard: planned(0, 0, 0) }, null],
    ['moved_fraction', 'no migration', shards({}), null],
    ['minimum_fraction', 'whole', { reshard: planned(1_000, 260, 250) }, 0.25],
    ['held_ms.p95', 'whole', { reshard: reshardRecord() }, 30],
    ['held_ms.p95', 'no migration', {}, null],
  ])('%s, %s', (name, _, facts, value) => {
    const measured = findMetric(`sharding.${name}`)?.read(recordWith(facts))
    if (value === null) expect(measured).toBeNull()
    else expect(measured).toBeCloseTo(value, 10)
  })
})

import { describe, expect, it } from 'vitest'
import { stackParametersSchema } from '../core/parameters.js'
import type { RunRecord } from '../core/record.js'
import { fairShares, hotShards, hottestShard, shardCount } from './shards.js'

function run(shares: number[], sharding: object = {}): RunRecord {
  const shards = shares.map((share, i) => ({ id: `shard-${i + 1}`, share, requests: share * 1_000 }))
  const parameters = stackParametersSchema.parse({ kind: 'sharded', sharding: { shards: shares.length, ...sharding } })
  return { parameters, sharding: { scheme: 'ring', shards } } as unknown as RunRecord
}

describe('hotShards', () => {
  it('are those above 1.5 times their fair share, the hottest first', () => {
    const of = (shares: number[]): string[] => hotShards(run(shares)).map(({ id }) => id)
    expect(of([0.3, 0.4, 0.3])).toEqual([])
    expect(of([0.25, 0.5, 0.25])).toEqual([])
    expect(of([0.24, 0.52, 0.24])).toEqual(['shard-2'])
    expect(of([0.04, 0.4, 0.04, 0.45, 0.07])).toEqual(['shard-4', 'shard-2'])
  })

  it('heed weights, as long as they speak of these shards', () => {
    expect(fairShares(run([0.6, 0.2, 0.2], { weights: [3, 1, 1] }))).toEqual([0.6, 0.2, 0.2])
    expect(hotShards(run([0.6, 0.2, 0.2], { weights: [3, 1, 1] }))).toEqual([])
    expect(fairShares(run([0.5, 0.5], { shards: 3, weights: [3, 1, 1] }))).toEqual([0.5, 0.5])
  })

  it('are none without answers', () => {
    expect(hottestShard(run([0, 0]))).toBeNull()
    expect(hottestShard(run([0.7, 0.3]))).toMatchObject({ id: 'shard-1', share: 0.7, times: 1.4 })
  })
})

describe('shardCount', () => {
  it('is how many a run began with', () => {
    const plan = { from: { shards: ['a', 'b', 'c'] }, to: { shards: ['a', 'b', 'c', 'd'] } }
    expect(shardCount({ ...run([1, 1, 1, 1]), reshard: { plan } } as unknown as RunRecord)).toBe(3)
    expect(shardCount(run([0.5, 0.5]))).toBe(2)
    expect(shardCount({ parameters: { kind: 'single' } } as unknown as RunRecord)).toBeNull()
  })
})

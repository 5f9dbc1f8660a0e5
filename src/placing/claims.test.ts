import { describe, expect, it } from 'vitest'
import type { ShardingScheme } from '../strategies/sharding/port.js'
import { stageOf } from './stages.js'
import { type PlanOf, planOf } from './testing/plan-of.js'

const verdicts = (input: PlanOf): Record<string, string> =>
  Object.fromEntries(planOf(input).verdicts.map(({ metric, result }) => [metric, result]))

const BOTH = ['modulo', 'ring']

describe('the claims of the coursework', () => {
  it('are held against a plan from 3 to 4 equal shards, also as one step of several', () => {
    expect(verdicts({ schemes: BOTH, stages: [3, 4], keys: 1_000_000 })).toEqual({
      'modulo.max_deviation': 'pass',
      'modulo.moved_fraction': 'pass',
      'ring.max_deviation': 'fail',
      'ring.moved_fraction': 'pass',
      'modulo.placed_once': 'pass',
    })
    expect(Object.keys(verdicts({ schemes: BOTH, stages: [2, 3, 4, 5], keys: 5_000 }))).toHaveLength(5)
  })

  it('speak of nothing else', () => {
    const only = { 'modulo.placed_once': 'pass' }
    expect(verdicts({ schemes: BOTH, stages: [4, 3], keys: 1_000 })).toEqual(only)
    expect(verdicts({ schemes: BOTH, stages: [3, 5], keys: 1_000 })).toEqual(only)
    expect(verdicts({ schemes: BOTH, stages: [stageOf([1, 1, 2]), 4], keys: 1_000 })).toEqual(only)
    expect(verdicts({ schemes: ['jump'], stages: [3, 4], keys: 1_000 })).toEqual({})
  })

  it('say how many vnodes it would take, and that so many do', () => {
    const find = (vnodes: number) =>
      planOf({ schemes: ['ring'], stages: [3, 4], keys: 1_000_000, options: { vnodes } }).verdicts[0]
    expect(find(160)).toMatchObject({
      result: 'fail',
      source: 'document 001, claim 13',
      reason: expect.stringMatching(/160 vnodes scatter by 6.8 %.*about 1,900 would hold 5.0 %/),
    })
    expect(find(1_900)).toMatchObject({ result: 'pass', reason: null })
  })

  it('cannot be told by a few keys', () => {
    expect(verdicts({ schemes: ['modulo'], stages: [3, 4], keys: 100 })).toMatchObject({
      'modulo.max_deviation': 'unknown',
      'modulo.moved_fraction': 'unknown',
    })
  })

  it('fail for a scheme that moves everything, or loses keys', () => {
    const worse = (place: ShardingScheme['place']): ShardingScheme => ({
      name: 'modulo',
      summary: '',
      source: '',
      weighted: false,
      removes: 'any',
      place,
    })
    const swapped = worse((shards) => ({
      shardOf: (key) => ((Number.parseInt(key.slice(0, 6), 16) + shards.length) % shards.length === 0 ? 1 : 0),
      memoryBytes: 0,
    }))
    expect(verdicts({ schemes: [swapped], stages: [3, 4], keys: 20_000 })).toMatchObject({
      'modulo.max_deviation': 'fail',
      'modulo.moved_fraction': 'fail',
      'modulo.placed_once': 'pass',
    })
    const losing = worse((shards) => ({
      shardOf: (key) => (key.startsWith('0') ? -1 : shards.length - 1),
      memoryBytes: 0,
    }))
    expect(verdicts({ schemes: [losing], stages: [3, 4], keys: 20_000 })).toMatchObject({
      'modulo.placed_once': 'fail',
    })
    let routers = 0
    const quarrelling = worse(() => {
      const router = routers++
      return { shardOf: () => router % 2, memoryBytes: 0 }
    })
    const odd = verdicts({ schemes: [quarrelling], stages: [3, 4, 5], keys: 1_000 })
    expect(odd['modulo.placed_once']).toBe('fail')
  })

  it('name range, hash and geographic sharding, each placing every key once', () => {
    const plan = planOf({ schemes: ['range', 'modulo', 'geo'], stages: [3, 5], keys: 20_000 })
    expect(plan.verdicts.map(({ claim, result, measured }) => [claim.split(' ')[0], result, measured])).toEqual([
      ['range', 'pass', 1],
      ['hash', 'pass', 1],
      ['geographic', 'pass', 1],
    ])
  })
})

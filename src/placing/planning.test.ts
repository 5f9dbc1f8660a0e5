import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shardPlanSchema } from '../core/shard-plan.js'
import type { ShardingScheme } from '../strategies/sharding/port.js'
import { SHARDING_SCHEMES } from '../strategies/sharding/registry.js'
import { lookupsPerSecond } from './speed.js'
import { type ShardStage, stageOf } from './stages.js'
import { of, planOf } from './testing/plan-of.js'

const ALL = SHARDING_SCHEMES.map(({ name }) => name)

/** Three standard deviations of a share of so many keys. */
const chance = (share: number, keys: number): number => 3 * Math.sqrt((share * (1 - share)) / keys)
const within = (value: number, expected: number, margin: number): void => {
  expect(value).toBeGreaterThan(expected - margin)
  expect(value).toBeLessThan(expected + margin)
}

/** Placement by the key's number, so that every count is known. */
const byNumber: ShardingScheme = {
  name: 'by-number',
  summary: 'the number in the key, modulo the shards',
  source: 'this test',
  weighted: false,
  removes: 'any',
  place: (shards) => ({ shardOf: (key) => Number(key.slice('user-'.length)) % shards.length, memoryBytes: 7 }),
}

describe('a plan', () => {
  it('counts what can be counted by hand', () => {
    // 1 to 12: modulo 2 and modulo 3 the same for 1, 6, 7 and 12
    const plan = planOf({ schemes: [byNumber], stages: [2, 3], keys: 12, shape: 'sequential' })
    const scheme = of(plan, 'by-number')
    expect(scheme.before).toEqual([
      { id: 'shard-1', keys: 6, traffic: 0.5 },
      { id: 'shard-2', keys: 6, traffic: 0.5 },
    ])
    expect(scheme.steps[0]?.after.map(({ keys }) => keys)).toEqual([4, 4, 4])
    expect(scheme.steps[0]?.movement).toEqual([
      { from: 'shard-1', to: 'shard-2', keys: 2 },
      { from: 'shard-1', to: 'shard-3', keys: 2 },
      { from: 'shard-2', to: 'shard-1', keys: 2 },
      { from: 'shard-2', to: 'shard-3', keys: 2 },
    ])
    expect(scheme).toMatchObject({
      moved_fraction: 8 / 12,
      minimum_fraction: expect.closeTo(1 / 3, 9),
      unnecessary_fraction: 4 / 12,
      cv: 0,
      peak_to_mean: 1,
      chi_square: 0,
      p_value: 1,
      memory_bytes: 7,
      lookups_per_s: null,
      ring: null,
      note: null,
    })
  })

  it('adds up: what moves leaves one shard and comes to another', () => {
    const counts = fc.integer({ min: 1, max: 7 })
    fc.assert(
      fc.property(
        fc.array(counts, { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 10, max: 3_000 }),
        (stages, keys) => {
          const plan = planOf({ schemes: ALL, stages, keys, options: { vnodes: 20, tableSize: 1_009 } })
          shardPlanSchema.parse(plan)
          for (const scheme of plan.schemes) {
            let before = scheme.before
            for (const step of scheme.steps) {
              expect(step.after.reduce((sum, shard) => sum + shard.keys, 0)).toBe(keys)
              const flow = new Map<string, number>()
              for (const { from, to, keys } of step.movement) {
                flow.set(from, (flow.get(from) ?? 0) - keys)
                flow.set(to, (flow.get(to) ?? 0) + keys)
              }
              const had = new Map(before.map(({ id, keys }) => [id, keys]))
              const has = new Map(step.after.map(({ id, keys }) => [id, keys]))
              for (const id of new Set([...had.keys(), ...has.keys()])) {
                expect(flow.get(id) ?? 0).toBe((has.get(id) ?? 0) - (had.get(id) ?? 0))
              }
              // Nobody can move fewer than what shards lose on balance.
              const given = [...had].reduce((sum, [id, keys]) => sum + Math.max(0, keys - (has.get(id) ?? 0)), 0)
              expect(Math.round(step.moved_fraction * keys)).toBeGreaterThanOrEqual(given)
              expect(step.unnecessary_fraction).toBeLessThanOrEqual(step.moved_fraction)
              before = step.after
            }
          }
        },
      ),
      { numRuns: 15 },
    )
  })

  it.each([
    [3, 4, 3 / 4],
    [4, 3, 3 / 4],
    [4, 5, 4 / 5],
    [10, 11, 10 / 11],
  ])('from %d to %d shards modulo moves N / (N + 1)', (from, to, expected) => {
    const keys = 200_000
    const { moved_fraction, unnecessary_fraction } = of(
      planOf({ schemes: ['modulo'], stages: [from, to], keys }),
      'modulo',
    )
    within(moved_fraction, expected, chance(expected, keys))
    // What must move does; all else is needless.
    const least = 1 / Math.max(from, to)
    within(unnecessary_fraction, expected - least, chance(expected, keys))
  })

  it.each([
    [3, 4],
    [4, 3],
    [10, 11],
  ])('from %d to %d shards jump and rendezvous move the least there is, and none needlessly', (from, to) => {
    const keys = 200_000
    const plan = planOf({ schemes: ['jump', 'rendezvous', 'ring'], stages: [from, to], keys })
    const least = 1 / Math.max(from, to)
    for (const name of ['jump', 'rendezvous']) {
      expect(of(plan, name).unnecessary_fraction).toBe(0)
      within(of(plan, name).moved_fraction, least, chance(least, keys))
    }
    expect(of(plan, 'ring').unnecessary_fraction).toBe(0)
    const spread = Math.sqrt((Math.max(from, to) - 1) / (Math.max(from, to) * 160 + 1))
    within(of(plan, 'ring').moved_fraction, least, chance(least, keys) + 3 * least * spread)
  })

  it('over several steps says each, and from the first to the last', () => {
    const plan = planOf({ schemes: ['jump', 'modulo'], stages: [3, 4, 6], keys: 60_000 })
    const jump = of(plan, 'jump')
    expect(jump.steps).toHaveLength(2)
    expect(jump.steps.map(({ minimum_fraction }) => minimum_fraction)).toEqual([
      expect.closeTo(1 / 4, 9),
      expect.closeTo(1 / 3, 9),
    ])
    expect(jump.minimum_fraction).toBeCloseTo(1 / 2, 9)
    within(jump.moved_fraction, 1 / 2, chance(1 / 2, 60_000))
    expect(jump.cv).toBe(jump.steps[1]?.cv)
    // 3 divides 6: half of the keys are where they were, though most went away and came back.
    within(of(plan, 'modulo').moved_fraction, 1 / 2, chance(1 / 2, 60_000))
  })

  it('lets the last take the number of a lost shard, where only the last can leave', () => {
    const lost: ShardStage = stageOf([1, 1, 1, 1]).filter(({ id }) => id !== 'shard-2')
    const plan = planOf({ schemes: ['jump', 'rendezvous', 'directory'], stages: [4, lost], keys: 100_000 })
    const jump = of(plan, 'jump')
    expect(jump.note).toMatch(/only its last shard can leave/)
    expect(jump.steps[0]?.after.map(({ id }) => id)).toEqual(['shard-1', 'shard-3', 'shard-4'])
    // shard-2's quarter goes to the last; of the last's own quarter two thirds go to the other two.
    within(jump.moved_fraction, 1 / 4 + 1 / 6, chance(0.42, 100_000))
    within(jump.unnecessary_fraction, 1 / 6, chance(1 / 6, 100_000))
    expect(jump.steps[0]?.movement.filter(({ from }) => from === 'shard-2').map(({ to }) => to)).toEqual(['shard-4'])
    for (const name of ['rendezvous', 'directory']) {
      expect(of(plan, name)).toMatchObject({ note: null, unnecessary_fraction: 0 })
      expect(of(plan, name).steps[0]?.movement.every(({ from }) => from === 'shard-2')).toBe(true)
    }
  })

  it('holds shards against their weights, and says who takes none', () => {
    const plan = planOf({
      schemes: ['ring', 'rendezvous', 'modulo'],
      stages: [3, stageOf([1, 1, 2])],
      options: { vnodes: 1_000 },
    })
    expect(of(plan, 'rendezvous').cv).toBeLessThan(0.02)
    within(of(plan, 'rendezvous').moved_fraction, 1 / 6, chance(1 / 6, 100_000))
    expect(of(plan, 'rendezvous').unnecessary_fraction).toBe(0)
    expect(of(plan, 'modulo')).toMatchObject({ moved_fraction: 0, note: expect.stringMatching(/takes no weights/) })
    // Shares 1/3 each where 1/4, 1/4, 1/2 were asked for: 4/3 at the peak.
    within(of(plan, 'modulo').peak_to_mean, 4 / 3, 0.02)
  })

  it('counts the requests of popular keys', () => {
    const plan = planOf({ schemes: ['range', 'rendezvous'], stages: [3, 4], keys: 20_000, shape: 'zipf' })
    // Keys lie in the order of their popularity: the first range has nearly all requests, and its share is known.
    const harmonic = (from: number, to: number): number => {
      let sum = 0
      for (let k = from; k <= to; k++) sum += 1 / k
      return sum
    }
    const first = of(plan, 'range').before.find(({ id }) => id === 'shard-1')
    within(first?.traffic ?? 0, harmonic(1, 6_667) / harmonic(1, 20_000), 0.01)
    for (const { before, steps } of plan.schemes) {
      for (const shards of [before, ...steps.map(({ after }) => after)]) {
        expect(shards.reduce((sum, { traffic }) => sum + traffic, 0)).toBeCloseTo(1, 9)
      }
    }
    expect(of(plan, 'range').peak_to_mean).toBeLessThan(1.02)
    expect(of(plan, 'range').traffic_peak_to_mean).toBeGreaterThan(3)
  })

  it('draws a ring closed, and none with too many points', () => {
    const plan = planOf({ schemes: ['ring', 'jump'], stages: [3, 4], keys: 100, options: { vnodes: 5 } })
    const { ring, ring_before } = of(plan, 'ring')
    expect(ring_before?.length).toBe(3 * 5 + 1)
    expect(ring?.at(-1)?.[0]).toBe(1)
    expect(ring?.at(-1)?.[1]).toBe(ring?.[0]?.[1])
    expect(new Set(ring?.map(([, shard]) => shard)).size).toBe(4)
    const ends = ring?.map(([end]) => end) ?? []
    expect(ends).toEqual(ends.toSorted((a, b) => a - b))
    expect(of(plan, 'jump').ring).toBeNull()
    expect(
      of(planOf({ schemes: ['ring'], stages: [3, 4], keys: 100, options: { vnodes: 1_000 } }), 'ring').ring,
    ).toBeNull()
  })

  it('leaves out a scheme that cannot do it only where it may', () => {
    expect(() => planOf({ schemes: ['geo'], stages: [8, 9], keys: 10 })).toThrow(/8 regions/)
    const plan = planOf({ schemes: ['geo', 'jump'], stages: [8, 9], keys: 10, mayLeaveOut: true })
    expect(plan.schemes.map(({ scheme }) => scheme)).toEqual(['jump'])
    expect(plan.left_out).toEqual([{ scheme: 'geo', reason: expect.stringMatching(/8 regions/) }])
  })

  it('keeps no more for more keys', () => {
    const plan = (keys: number): number => JSON.stringify(planOf({ schemes: ['jump'], stages: [3, 4], keys })).length
    expect(plan(200_000)).toBeLessThan(plan(1_000) * 1.1)
  })
})

describe('lookupsPerSecond', () => {
  it('is the rate of the fastest pass by the clock it is given', () => {
    // Passes of 40, 10, 30 ms and so on: the second is the fastest.
    const lengths = [40, 10, 30, 30, 30, 30]
    let time = 0
    let looks = 0
    const now = (): number => {
      if (looks++ % 2 === 1) time += lengths.shift() ?? 50
      return time
    }
    const asked: string[] = []
    let made = 0
    const placement = () => {
      made += 1
      return { shardOf: (key: string) => asked.push(key), memoryBytes: 0 }
    }
    expect(lookupsPerSecond(placement, ['a', 'b'], now)).toBe(200)
    expect(made).toBe(5)
    expect(asked).toHaveLength(2 * 5)
  })
})

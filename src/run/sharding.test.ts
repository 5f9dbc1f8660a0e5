import { describe, expect, it } from 'vitest'
import { stackParametersSchema } from '../core/parameters.js'
import { runRecordSchema } from '../core/record.js'
import type { ReshardProgress } from '../core/sharding.js'
import { reshardRecord } from '../core/testing/sharding.js'
import { createFakeLoadGenerator } from '../load/fake/fake-load-generator.js'
import type { Journal } from '../load/port.js'
import type { Probe, Reading } from '../probes/port.js'
import { Histogram } from '../stats/histogram.js'
import type { Resharded } from './act.js'
import { ledgerOf } from './ledger.js'
import { ShardStates } from './shard-states.js'
import { type ShardAudit, shardingOf } from './sharding.js'
import { openLoad, planOf, startRun, WORKLOAD } from './testing/run-of.js'

const IDS = ['shard-1', 'shard-2', 'shard-3']
const parameters = (weights: number[] | null = null) =>
  stackParametersSchema.parse({ kind: 'sharded', sharding: { scheme: 'modulo', weights } })

const readings = (id: string, values: Record<string, number>): Reading[] =>
  Object.entries(values).map(([kind, value]) => ({ kind: `shard.${kind}`, node: id, value, unit: '' }))
const UP = { up: 1, slots: 5_461, map_version: 3, bytes: 1e7, keys: 100, rows: 200 }
const all = (...ids: string[]): Reading[] => ids.flatMap((id) => readings(id, UP))

/** A journal of so many good reads of 10 ms by each shard. */
function journal(reads: Record<string, number>, gathered = 0): Journal {
  const latency = Object.entries(reads).map(([id, count]) => {
    const histogram = new Histogram()
    for (let n = 0; n < count; n++) histogram.record(10)
    return [id, histogram.encode()]
  })
  return {
    writes: [],
    reads: { checked: 0, stale: 0, backwards: 0, age: new Histogram().encode() },
    failures: [],
    nodes: Object.fromEntries(Object.entries(reads).map(([id, read]) => [id, { read }])),
    latency: Object.fromEntries(latency),
    gathered,
  }
}

describe('the shards of a run', () => {
  const row = (states: ShardStates, id: string) => states.rows()?.find((candidate) => candidate.id === id)

  it('are none until a probe has told of one, whatever answers say', () => {
    const states = new ShardStates({})
    states.addTick(journal({ primary: 5 }), 0.5)
    expect(states.rows()).toBeNull()
    expect(shardingOf(states, null, {}, 1_000)).toBeNull()
  })

  it('have what they answered in the last tick, and in the counted part', () => {
    const states = new ShardStates(parameters())
    states.addReadings(all('shard-10', 'shard-1', 'shard-2'))
    states.addTick(journal({ 'shard-1': 7 }, 3), 0.5)
    states.startCounting()
    states.addTick(journal({ 'shard-1': 30, 'shard-2': 10 }, 2), 0.5)
    states.addTick(journal({ 'shard-1': 10 }, 1), 0.25)
    expect(states.rows()?.map(({ id }) => id)).toEqual(['shard-1', 'shard-2', 'shard-10'])
    expect(row(states, 'shard-1')).toMatchObject({ requests: 40, share: 0.8, rps: 40, state: 'up', keys: 100 })
    expect(row(states, 'shard-1')?.p50_ms).toBeCloseTo(10, 1)
    expect(row(states, 'shard-2')).toMatchObject({ requests: 10, share: 0.2, rps: 0 })
    states.stopCounting()
    states.addTick(journal({ 'shard-2': 100 }, 9), 0.5)
    const record = shardingOf(states, null, parameters(), 2_000)
    expect(record).toMatchObject({ scheme: 'modulo', map_version: 3, gathered: 3, misplaced: null })
    expect(record?.shards[0]).toMatchObject({ id: 'shard-1', requests: 40, rps: 20, kinds: { read: 40 }, rows: 200 })
  })

  it.each<[string, number[] | null, Record<string, number>, string[]]>([
    ['even', null, { 'shard-1': 40, 'shard-2': 30, 'shard-3': 30 }, []],
    ['one asked for far more', null, { 'shard-1': 60, 'shard-2': 20, 'shard-3': 20 }, ['shard-1']],
    ['as its weight says', [2, 1, 1], { 'shard-1': 60, 'shard-2': 20, 'shard-3': 20 }, []],
    ['too few to tell', null, { 'shard-1': 9, 'shard-2': 0, 'shard-3': 0 }, []],
  ])('are hot when they answer too much: %s', (_, weights, reads, hot) => {
    const states = new ShardStates(parameters(weights))
    states.addReadings(all(...IDS))
    states.addTick(journal(reads), 1)
    expect(states.rows()?.flatMap((shard) => (shard.hot ? [shard.id] : []))).toEqual(hot)
  })

  it('are down without an answer, and remember what they had', () => {
    const states = new ShardStates(parameters())
    states.addReadings(all(...IDS))
    states.addReadings([...all('shard-1', 'shard-3'), ...readings('shard-2', { up: 0 })])
    expect(row(states, 'shard-2')).toMatchObject({ state: 'down', keys: 100, slots: 5_461 })
    // Readings of something else do not make them leave.
    states.addReadings([{ kind: 'node.health', node: 'api-1', value: 1, unit: '' }])
    expect(states.rows()).toHaveLength(3)
  })

  it('leave with the probe no longer telling of them, and are still in the record with what they answered', () => {
    const states = new ShardStates(parameters())
    states.addReadings(all(...IDS))
    states.addTick(journal({ 'shard-1': 10, 'shard-2': 10, 'shard-3': 20 }), 1)
    states.addReadings(all('shard-1', 'shard-2'))
    expect(states.rows()?.map(({ id }) => id)).toEqual(['shard-1', 'shard-2'])
    const record = shardingOf(states, null, parameters(), 1_000)
    expect(record?.shards.at(-1)).toMatchObject({ id: 'shard-3', slots: 0, keys: null, requests: 20, share: 0.5 })
  })
})

describe('a run on shards', () => {
  const AUDIT: ShardAudit = {
    scheme: 'ring',
    keying: 'hash',
    map_version: 7,
    shards: IDS.map((id) => ({ id, slots: 5_461, weight: 1, keys: 90, rows: 190, bytes: 1e7 })),
    misplaced: 0,
    misslotted: 0,
    duplicated: 2,
  }
  const probe: Probe = { name: 'shards', intervalMs: 5, read: async () => all(...IDS) }
  const generator = createFakeLoadGenerator({
    originNs: 0n,
    database: { primary: '', standbys: [], lagMs: 0, shards: IDS },
  })
  const workload = { ...WORKLOAD, mix: [...WORKLOAD.mix, { kind: 'list' as const, weight: 10 }] }
  const plan = planOf(openLoad(200, 4_000, { workload }), { parameters: parameters() })
  /** Lets a reading in before the ticks, which take no time here. */
  const patient: typeof generator = {
    async run(request) {
      request.onStart(0n)
      await new Promise((resolve) => setTimeout(resolve, 30))
      return generator.run({ ...request, onStart: () => {} })
    },
  }

  it('keeps what was counted at its end, and what each shard answered', async () => {
    const { promise, snapshots } = startRun(plan, {
      generator: patient,
      probes: [probe],
      audit: async () => AUDIT,
      verify: async ({ writes }) => ledgerOf(writes, { ids: new Set(writes.map(({ key }) => key)), duplicated: [] }),
    })
    const record = await promise
    expect(runRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record)
    const { sharding, databases, replication, load, latency } = record
    expect([databases, replication]).toEqual([undefined, undefined])
    expect(sharding).toMatchObject({ scheme: 'ring', keying: 'hash', map_version: 7, duplicated: 2 })
    const answers = sharding?.shards.reduce((sum, { requests }) => sum + requests, 0) ?? 0
    // Answers in the counted part: the few that come after it are not among them.
    expect(answers + (sharding?.gathered ?? 0)).toBe(Math.round(load.achieved_rps * 4))
    expect(sharding?.gathered).toBeGreaterThan(30)
    expect(sharding?.shards.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
    for (const { p50_ms, keys, rps, requests } of sharding?.shards ?? []) {
      expect(keys).toBe(90)
      expect(rps).toBeCloseTo(requests / 4)
      expect(p50_ms).toBeLessThanOrEqual(latency.response_ms.max ?? 0)
    }
    expect(snapshots.at(-1)?.shards?.map(({ id, keys }) => [id, keys])).toEqual(IDS.map((id) => [id, 100]))
    expect(snapshots.at(-1)?.migration).toBeNull()
  })

  it('tells of the shards what was read of them last where they could not be counted', async () => {
    const record = await startRun(plan, { generator: patient, probes: [probe], audit: async () => null }).promise
    expect(record.sharding).toMatchObject({ scheme: 'modulo', keying: 'unknown', map_version: 3, misplaced: null })
    expect(record.sharding?.shards.map(({ keys }) => keys)).toEqual([100, 100, 100])
  })

  describe('in which rows move', () => {
    const PROGRESS: ReshardProgress = {
      phase: 'copying',
      from: 'shard-1',
      to: 'shard-4',
      moved_rows: 10,
      total_rows: 100,
      rows_per_s: 5,
      left_ms: null,
      batches: 0,
      total_batches: 3,
      longest_held_ms: null,
      waiting_for: null,
    }
    const moving = (more: Partial<Resharded['reshard']> = {}, failure: Error | null = null) => {
      const { held_ms: _held, misplaced: _misplaced, duplicated: _duplicated, ...reshard } = reshardRecord(more)
      return startRun(planOf(plan.load, { parameters: parameters(), actMs: 3_000 }), {
        generator: patient,
        probes: [probe],
        audit: async () => AUDIT,
        act: async ({ onProgress, onEvent }) => {
          onProgress(PROGRESS)
          onEvent('info', 'moving')
          return { kind: 'reshard', reshard, failure }
        },
      })
    }

    it('keeps the migration, with its holds and what was audited', async () => {
      const { promise, snapshots } = moving()
      const record = await promise
      expect(runRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record)
      expect(record.status).toBe('complete')
      expect(record.trial).toBeUndefined()
      expect(record.reshard).toMatchObject({
        outcome: 'moved',
        held_ms: { count: 3, p50: 18, p95: 30, max: 30 },
        misplaced: 0,
        duplicated: 2,
      })
      expect(snapshots.some(({ migration }) => migration?.to === 'shard-4')).toBe(true)
      // Disturbed on purpose: it is not asked to be steady.
      expect(record.validity.map(({ check }) => check)).not.toContain('latency-drift')
    })

    it('has failed when the migration has', async () => {
      const record = await moving({ outcome: 'failed' }, new Error('shard-2 and shard-4 differ')).promise
      expect(record.status).toBe('failed')
      expect(record.reshard?.outcome).toBe('failed')
    })

    it('says of a migration that moved nothing that it held nothing', async () => {
      const record = await moving({ batches: [] }).promise
      expect(record.reshard?.held_ms).toEqual({ count: 0, p50: null, p95: null, p99: null, max: null })
    })
  })
})

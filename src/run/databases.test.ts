import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runRecordSchema } from '../core/record.js'
import type { Reading } from '../probes/port.js'
import { DatabaseStates } from './database-states.js'
import { LagSeries } from './lag-series.js'
import { heldGenerator, openLoad, planOf, startRun, WORKLOAD } from './testing/run-of.js'
import { stubStack } from './testing/stub-stack.js'

const reading = (node: string, kind: string, value: number): Reading => ({
  kind: `replication.${kind}`,
  node,
  value,
  unit: '',
})
const of = (node: string, values: Record<string, number>): Reading[] =>
  Object.entries(values).map(([kind, value]) => reading(node, kind, value))

const PRIMARY = of('primary', { up: 1, role: 1, timeline: 1 })
const standby = (id: string, more: Record<string, number> = {}): Reading[] =>
  of(id, { up: 1, role: 0, timeline: 1, state: 1, sync: 0, replay_bytes: 0, slot_lost: 0, ...more })

describe('the databases of a run', () => {
  const row = (states: DatabaseStates, id: string) => states.rows()?.find((candidate) => candidate.id === id)

  it('are none until a probe has told of one', () => {
    const states = new DatabaseStates()
    states.addReadings([{ kind: 'node.health', node: 'api-1', value: 1, unit: '' }], 0)
    expect(states.rows()).toBeNull()
    expect(states.record({})).toBeNull()
  })

  it('have the primary first, whoever it is', () => {
    const states = new DatabaseStates()
    states.addReadings([...standby('standby-10'), ...standby('standby-2'), ...PRIMARY], 0)
    expect(states.rows()?.map(({ id }) => id)).toEqual(['primary', 'standby-2', 'standby-10'])
    // Promoted, and the old one awake again: two claim to be it, and the higher timeline is right.
    states.addReadings(of('standby-2', { up: 1, role: 1, timeline: 2 }), 100)
    expect(states.rows()?.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'standby-2 primary',
      'primary primary',
      'standby-10 standby',
    ])
    expect(states.record({})).toMatchObject({ primary: 'standby-2', timeline: 2 })
  })

  it.each<[Record<string, number>, string, string, string]>([
    [{}, 'streaming, async', 'streaming', 'async'],
    [{ sync: 2 }, 'streaming, sync', 'streaming', 'sync'],
    [{ sync: 3 }, 'streaming, quorum', 'streaming', 'quorum'],
    [{ state: 0.5, sync: 1 }, 'catchup, potential', 'catchup', 'potential'],
    [{ state: 0 }, 'disconnected', 'disconnected', 'async'],
    [{ state: 0, slot_lost: 1 }, 'slot lost', 'slot lost', 'async'],
  ])('with readings %j are %s', (readings, text, state, sync) => {
    const states = new DatabaseStates()
    states.addReadings([...PRIMARY, ...standby('standby-1', readings)], 0)
    expect(row(states, 'standby-1')?.replication).toBe(text)
    expect(states.record({})?.standbys).toMatchObject([{ id: 'standby-1', state, sync_state: sync }])
    expect(row(states, 'primary')).toMatchObject({ replication: '', heartbeat_ms: null, replay_bytes: null })
  })

  it('are down after two reads without an answer, and back with the first', () => {
    const states = new DatabaseStates()
    const silent = [...PRIMARY, ...of('standby-1', { up: 0, state: 1, sync: 0, replay_bytes: 4_096 })]
    states.addReadings([...PRIMARY, ...standby('standby-1', { replay_lag_ms: 2 })], 0)
    expect(row(states, 'standby-1')).toMatchObject({ state: 'standby', replay_lag_ms: 2 })
    states.addReadings(silent, 100)
    expect(row(states, 'standby-1')).toMatchObject({ state: 'standby', replay_lag_ms: null, replay_bytes: 4_096 })
    states.addReadings(silent, 200)
    expect(row(states, 'standby-1')).toMatchObject({ state: 'down', timeline: null, replay_bytes: null })
    expect(states.record({})?.standbys).toMatchObject([{ state: 'down' }])
    states.addReadings(standby('standby-1'), 300)
    expect(row(states, 'standby-1')).toMatchObject({ state: 'standby', timeline: 1 })
  })

  it('count what was read in the counted part, and keep the whole run for charts', () => {
    const states = new DatabaseStates()
    states.addReadings([...PRIMARY, ...standby('standby-1')], 0)
    states.addReadings([reading('standby-1', 'heartbeat_ms', 500)], 900)
    states.addTick({ 'standby-1': { read: 7 } })
    states.startCounting()
    for (const [n, value] of [10, 20, 30].entries()) {
      states.addReadings([reading('standby-1', 'heartbeat_ms', value)], 1_000 + 100 * n)
    }
    states.addReadings([...PRIMARY, ...standby('standby-1', { idle: 1 })], 1_250)
    states.addReadings([...PRIMARY, ...standby('standby-1', { idle: 0, replay_lag_ms: 3, replay_bytes: 9 })], 1_350)
    states.addTick({ 'standby-1': { read: 5, browse: 2 }, primary: { write: 3 } })
    expect(row(states, 'standby-1')).toMatchObject({ history: [500, 30], heartbeat_ms: 30, requests: 7 })
    expect(row(states, 'primary')).toMatchObject({ requests: 3, history: [null, null] })
    states.stopCounting()
    states.addReadings([reading('standby-1', 'heartbeat_ms', 999)], 2_000)
    const record = states.record({ kind: 'replicated', replicas: 2, database: { durability: 'on' } })
    expect(record).toMatchObject({ durability: 'on', synchronous_standby_names: 'ANY 1 (*)' })
    expect(record?.standbys).toMatchObject([
      {
        heartbeat_ms: { samples: 3, idle: 0, mean: 20, p50: 20, max: 30 },
        replay_lag_ms: { samples: 1, idle: 1, max: 3 },
        replay_bytes: { samples: 2, mean: 4.5 },
      },
    ])
    expect(record?.series.map(({ heartbeat_ms }) => heartbeat_ms)).toContain(999)
    expect(record?.series.filter(({ id }) => id === 'primary')).toEqual([])
  })

  it('show no heartbeat of a tick in which there was none', () => {
    const states = new DatabaseStates()
    states.addReadings([...PRIMARY, ...standby('standby-1'), reading('standby-1', 'heartbeat_ms', 4)], 0)
    states.addTick({})
    states.addTick({})
    expect(row(states, 'standby-1')).toMatchObject({ heartbeat_ms: null, history: [4, null] })
  })
})

describe('LagSeries', () => {
  it('keeps the order and the peak of however many values, in few points', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.nat(1_000)), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(steps, (values) => {
        const series = new LagSeries(20)
        let t = 0
        for (const [step, value] of values) {
          t += step
          series.add('heartbeat_ms', value, t)
        }
        const rows = series.rows()
        expect(rows.length).toBeLessThanOrEqual(20)
        expect(Math.max(...rows.map(({ heartbeat_ms }) => heartbeat_ms ?? -1))).toBe(
          Math.max(...values.map(([, value]) => value)),
        )
        const times = rows.map(({ t_ms }) => t_ms)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
        expect(times.at(-1)).toBe(t)
        expect(rows.every(({ replay_lag_ms }) => replay_lag_ms === null)).toBe(true)
      }),
    )
  })
})

describe('a run over databases', () => {
  const load = { ...openLoad(), workload: WORKLOAD }
  const parameters = { kind: 'replicated', replicas: 2, database: {} }

  it('records lag, who answered, writes by outcome and what reads missed', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let reads = 0
    const probe = {
      name: 'databases',
      intervalMs: 1,
      async read() {
        if (++reads > 3) release()
        return [...PRIMARY, ...standby('standby-1', { replay_lag_ms: 2, heartbeat_ms: 3 }), ...standby('standby-2')]
      },
    }
    const stack = stubStack(['balancer', 'api-1'])
    stack.meta.readyMs = 1_800
    const { promise, snapshots, samples } = startRun(planOf(load, { parameters }), {
      stack,
      probes: [probe],
      generator: heldGenerator(held),
      monotonic: process.hrtime.bigint,
    })
    const record = await promise
    expect(runRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record)
    expect(record.load.workload).toEqual(WORKLOAD)
    expect(record.up_ms).toBe(1_800)
    expect(record.replication).toMatchObject({ durability: 'local', synchronous_standby_names: '', primary: 'primary' })
    expect(record.replication?.standbys.map(({ id }) => id)).toEqual(['standby-1', 'standby-2'])
    const answered = record.databases?.map(({ id, kinds }) => [id, Object.keys(kinds)])
    expect(answered).toEqual([
      ['primary', ['write']],
      ['standby-1', ['read']],
      ['standby-2', ['read']],
    ])
    expect(record.writes).toMatchObject({ refused: 0, unknown: 0, lost: null, recovered: null, duplicated: null })
    expect(record.writes?.acknowledged).toBe(record.databases?.[0]?.kinds.write)
    expect(record.reads?.consistency).toBe('eventual')
    expect(record.reads?.age_ms.samples).toBe(record.reads?.stale)
    expect(snapshots.at(-1)?.databases?.[1]).toMatchObject({ id: 'standby-1', state: 'standby', replay_lag_ms: 2 })
    expect(samples.some(({ kind, node }) => kind === 'replication.heartbeat_ms' && node === 'standby-1')).toBe(true)
  })

  it('keeps the ledger that was held against the database', async () => {
    const writes = { acknowledged: 1, refused: 0, unknown: 0, lost: ['r-0-1'], recovered: 0, duplicated: [] }
    const { promise } = startRun(planOf(load, { parameters }), { verify: async () => writes })
    expect((await promise).writes).toEqual(writes)
  })

  it('says nothing of databases where there are none', async () => {
    const record = await startRun(planOf(openLoad())).promise
    for (const part of ['replication', 'databases', 'writes', 'reads', 'up_ms'] as const) {
      expect(record).not.toHaveProperty(part)
    }
    expect(record.load).not.toHaveProperty('workload')
  })
})

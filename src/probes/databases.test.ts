import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres, type TestCluster, type TestServer } from '../nodes/api/testing/postgres.js'
import { postgresMissing } from '../nodes/api/testing/postgres-binaries.js'
import { databasesProbe } from './databases.js'
import { heartbeatProbe } from './heartbeat.js'
import { type Watch, watch } from './testing/watch.js'

const now = (): number => performance.timeOrigin + performance.now()
const INTERVAL = 50
const CONFIG = `max_slot_wal_keep_size = 16MB
min_wal_size = 32MB
wal_keep_size = 0`

describe.skipIf(postgresMissing() !== undefined)('probes of real servers', { timeout: 60_000 }, () => {
  let cluster: TestCluster
  let servers: TestServer[]
  let [primary, one, two] = [] as unknown as [TestServer, TestServer, TestServer]
  const watches: Watch[] = []

  const start = async (): Promise<void> => {
    cluster = await startPostgres(10, 2, CONFIG)
    const [first, second] = cluster.standbys
    if (first === undefined || second === undefined) throw new Error('no standbys')
    ;[primary, one, two] = [cluster.primary, first, second]
    servers = [primary, one, two]
  }
  const databases = (): Watch => watched(watch(databasesProbe(now, INTERVAL), servers))
  const heartbeat = (intervalMs = INTERVAL): Watch => watched(watch(heartbeatProbe(now, intervalMs), servers))
  const watched = (of: Watch): Watch => {
    watches.push(of)
    return of
  }
  /** Waits until it is so. */
  const until = (look: () => unknown): Promise<void> => expect.poll(look, { timeout: 15_000, interval: 5 }).toBeTruthy()

  beforeAll(start)
  afterEach(async () => {
    for (const of of watches.splice(0)) await of.end()
  })
  afterAll(() => cluster.stop())

  it('tells roles, timelines, states and lags; idle is idle, and never a lag of 0', async () => {
    const watching = databases()
    await until(() => ['standby-1', 'standby-2'].every((id) => watching.now('replication.idle', id) === 1))
    const row = (id: string) =>
      ['up', 'role', 'timeline', 'state', 'sync', 'replay_bytes', 'receiver', 'slot_lost', 'idle', 'replay_lag_ms'].map(
        (kind) => watching.now(`replication.${kind}`, id),
      )
    expect(row('primary').slice(0, 4)).toEqual([1, 1, 1, undefined])
    expect(row('standby-1')).toEqual([1, 0, 1, 1, 0, 0, 1, 0, 1, undefined])
    await primary.query("UPDATE inventory SET stock = stock - 1 WHERE product_id = 'ECO-000001'")
    await until(() => watching.values('replication.replay_lag_ms', 'standby-1').length > 0)
    for (const [kind, most] of [
      ['write', 5_000],
      ['replay', 5_000],
    ] as const) {
      const [lag = -1] = watching.values(`replication.${kind}_lag_ms`, 'standby-1')
      expect(lag).toBeGreaterThan(0)
      expect(lag).toBeLessThan(most)
    }
  })

  it('beats: what a standby that keeps up shows is far below the interval', async () => {
    const watching = heartbeat()
    await until(() => watching.values('replication.heartbeat_ms', 'standby-2').length >= 20)
    for (const id of ['standby-1', 'standby-2']) {
      const values = watching.values('replication.heartbeat_ms', id).toSorted((a, b) => a - b)
      expect(values[0]).toBeGreaterThanOrEqual(0)
      expect(values[Math.floor(values.length / 2)]).toBeLessThan(40)
    }
    expect(watching.values('replication.heartbeat_ms', 'primary')).toEqual([])
  })

  it('beats as late as a standby applies', async () => {
    const delayed = async (ms: number): Promise<void> => {
      await one.query(`ALTER SYSTEM SET recovery_min_apply_delay = '${ms}ms'`)
      await one.query('SELECT pg_reload_conf()')
    }
    await delayed(300)
    try {
      const [watching, lags] = [heartbeat(100), databases()]
      await sleep(700)
      const since = performance.now()
      const among = (of: Watch, kind: string, id: string, from: number, to: number): Promise<void> =>
        until(() => of.values(`replication.${kind}`, id, since).some((value) => value >= from && value < to))
      // A read that comes late, on a busy machine, shows less than there was; it never shows more than there is.
      await among(watching, 'heartbeat_ms', 'standby-1', 285, 330)
      // The primary's own signal agrees, and the other standby is not late.
      await among(lags, 'replay_lag_ms', 'standby-1', 275, 350)
      await among(watching, 'heartbeat_ms', 'standby-2', 0, 50)
      expect(lags.values('replication.idle', 'standby-1', since)).not.toContain(1)
    } finally {
      await delayed(0)
    }
  })

  it('goes on beating when commits wait for standbys that are not there', async () => {
    await primary.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    await primary.query('SELECT pg_reload_conf()')
    const watching = heartbeat()
    await until(() => watching.values('replication.heartbeat_ms', 'standby-2').length >= 10)
    await primary.query('ALTER SYSTEM RESET synchronous_standby_names')
    await primary.query('SELECT pg_reload_conf()')
  })

  it('reads the others while a standby is frozen, and that one as down, without its old lag', async () => {
    const [watching, beats] = [databases(), heartbeat()]
    await until(() => watching.values('replication.replay_lag_ms', 'standby-1').length > 0)
    one.signal('SIGSTOP')
    await sleep(INTERVAL * 4)
    const since = performance.now()
    await sleep(1_500)
    expect(new Set(watching.values('replication.up', 'standby-1', since))).toEqual(new Set([0]))
    for (const kind of ['role', 'replay_lag_ms', 'write_lag_ms', 'idle', 'heartbeat_ms']) {
      expect(watching.values(`replication.${kind}`, 'standby-1', since), kind).toEqual([])
    }
    expect(beats.values('replication.heartbeat_ms', 'standby-1', since)).toEqual([])
    // One read in a second waits for it, and no longer than its own time.
    const reads = watching.reads.filter(({ at }) => at >= since)
    expect(watching.values('replication.replay_bytes', 'standby-2', since).length).toBeGreaterThan(reads.length * 0.8)
    expect(beats.values('replication.heartbeat_ms', 'standby-2', since).length).toBeGreaterThan(10)
    expect(reads.filter(({ took }) => took > INTERVAL).length).toBeLessThan(reads.length / 4)
    // How far behind it is, the primary knows without it.
    const bytes = watching.values('replication.replay_bytes', 'standby-1', since)
    expect(bytes.at(-1)).toBeGreaterThan(bytes[0] ?? 0)
    one.signal('SIGCONT')
    await until(() => watching.now('replication.up', 'standby-1') === 1)
    await until(() => (beats.now('replication.heartbeat_ms', 'standby-1') ?? 999) < 100)
  })

  it('recognises a slot that the primary has given up, and WAL that it no longer has', async () => {
    const watching = databases()
    await until(() => watching.now('replication.state', 'standby-2') === 1)
    await primary.query("SELECT pg_create_physical_replication_slot('standby_1', true)")
    await one.query("ALTER SYSTEM SET primary_slot_name = 'standby_1'")
    await one.query('SELECT pg_reload_conf()')
    await until(() => watching.now('replication.receiver', 'standby-1') === 1)
    // Both lose their connection; the primary writes more than it keeps for them.
    const conninfo = (server: TestServer, port: string) =>
      server.query(
        `ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=${port} user=replicator application_name=${server.id}'`,
      )
    for (const server of [one, two]) {
      await conninfo(server, '1')
      await server.query('SELECT pg_reload_conf()')
    }
    await until(
      () =>
        watching.now('replication.state', 'standby-1') === 0 && watching.now('replication.state', 'standby-2') === 0,
    )
    expect(watching.now('replication.slot_lost', 'standby-1')).toBe(0)
    for (let round = 0; round < 5; round++) {
      await primary.query("SELECT pg_logical_emit_message(false, 'fill', repeat('x', 9000000))")
      await primary.query('SELECT pg_switch_wal()')
    }
    await primary.query('CHECKPOINT')
    await primary.query('CHECKPOINT')
    await until(() => watching.now('replication.slot_lost', 'standby-1') === 1)
    await until(() => watching.now('replication.slot_lost', 'standby-2') === 1)
    const port = primary.address.split(':')[1] ?? ''
    for (const server of [one, two]) {
      await conninfo(server, port)
      await server.query('SELECT pg_reload_conf()')
    }
    const since = performance.now()
    await sleep(500)
    for (const id of ['standby-1', 'standby-2']) {
      // For a moment, between its asking and the primary's refusal, a receiver passes for one that streams.
      const lost = watching.values('replication.slot_lost', id, since)
      expect(lost.filter((value) => value === 1).length).toBeGreaterThan(lost.length / 2)
      expect(watching.values('replication.state', id, since)).not.toContain(1)
    }
  })

  it('follows the primary: killed, its standby promoted, and back with its old timeline', async () => {
    await cluster.stop()
    await start()
    const [watching, beats] = [databases(), heartbeat(100)]
    await until(() => beats.values('replication.heartbeat_ms', 'standby-1').length > 5)
    // The old primary sleeps through its successor's promotion.
    primary.signal('SIGSTOP')
    await until(() => watching.now('replication.up', 'primary') === 0)
    expect(watching.now('replication.state', 'standby-1')).toBeUndefined()
    expect(watching.now('replication.role', 'standby-1')).toBe(0)
    // Nothing is written any more: that a standby shows all of it is no lag of 0.
    await sleep(600)
    const silent = performance.now()
    await sleep(500)
    for (const id of ['standby-1', 'standby-2']) {
      expect(beats.values('replication.heartbeat_ms', id, silent)).not.toContain(0)
    }
    await one.query('SELECT pg_promote()')
    await two.query(
      `ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=${one.address.split(':')[1]} user=replicator application_name=standby-2'`,
    )
    await two.query('SELECT pg_reload_conf()')
    await until(() => watching.now('replication.state', 'standby-2') === 1)
    expect(watching.now('replication.role', 'standby-1')).toBe(1)
    expect(watching.now('replication.timeline', 'standby-1')).toBe(2)
    await until(() => watching.now('replication.timeline', 'standby-2') === 2)
    expect(watching.now('replication.state', 'standby-1')).toBeUndefined()
    const since = performance.now()
    await until(() => beats.values('replication.heartbeat_ms', 'standby-2', since).length > 5)
    expect(beats.now('replication.heartbeat_ms', 'standby-1')).toBeUndefined()
    // Awake again it believes to be the primary: it is shown, with its timeline, and nothing is written to it or read of it.
    primary.signal('SIGCONT')
    await until(() => watching.now('replication.role', 'primary') === 1)
    expect(watching.now('replication.timeline', 'primary')).toBe(1)
    await sleep(300)
    const [before] = await primary.query('SELECT sequence FROM heartbeat')
    await sleep(300)
    expect(await primary.query('SELECT sequence FROM heartbeat')).toEqual([before])
    expect(watching.now('replication.state', 'standby-2')).toBe(1)
    primary.signal('SIGKILL')
    await until(() => watching.now('replication.up', 'primary') === 0)
    expect(watching.now('replication.state', 'standby-2')).toBe(1)
  })
})

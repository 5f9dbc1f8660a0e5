import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { NodeStatus } from '../core/stack.js'
import { postgresMissing } from '../nodes/api/testing/postgres-binaries.js'
import { startShards, type TestShards } from '../sharding/testing/test-shards.js'
import { databasesProbe } from './databases.js'
import { heartbeatProbe } from './heartbeat.js'
import { shardsProbe } from './shards.js'
import { type Watch, watchContext } from './testing/watch.js'

const now = (): number => performance.timeOrigin + performance.now()
const ROWS = 600

describe.skipIf(postgresMissing() !== undefined)('the probe of real shards', { timeout: 60_000 }, () => {
  let shards: TestShards
  let ids: string[]
  const watches: Watch[] = []

  beforeAll(async () => {
    shards = await startShards({ shards: 2, rows: ROWS, spare: 1 })
    ids = shards.shards.map(({ id }) => id)
  }, 30_000)
  afterEach(async () => {
    for (const of of watches.splice(0)) await of.end()
  })
  afterAll(() => shards.stop())

  const node = (id: string): NodeStatus => ({
    id,
    role: 'database',
    state: 'running',
    url: null,
    handle: '',
    internalAddresses: [],
  })
  const watching = (more: Parameters<typeof watchContext>[1] = {}): Watch => {
    const of = watchContext(shardsProbe(now, 100), {
      nodes: async () => ids.map(node),
      shards: async () => ids.map((id) => shards.endpoint(id)),
      ...more,
    })
    watches.push(of)
    return of
  }
  const until = (look: () => unknown): Promise<void> => expect.poll(look, { timeout: 15_000, interval: 5 }).toBeTruthy()

  it('tells slots, map, size and what each serves', async () => {
    const watch = watching()
    await until(() => ids.every((id) => watch.now('shard.rows', id) !== undefined))
    const sum = (kind: string): number => ids.reduce((all, id) => all + (watch.now(kind, id) ?? Number.NaN), 0)
    expect(ids.map((id) => watch.now('shard.slots', id))).toEqual([8_192, 8_192, 0])
    expect(ids.map((id) => watch.now('shard.map_version', id))).toEqual([1, 1, 1])
    expect(sum('shard.keys')).toBe(ROWS)
    expect(sum('shard.rows')).toBe(2 * ROWS)
    expect(watch.now('shard.rows', 'shard-3')).toBe(0)
    for (const id of ids) expect(watch.now('shard.bytes', id)).toBeGreaterThan(1e6)
  })

  it('keeps no connection when the run ends while it looks which nodes there are', async () => {
    const ending = new AbortController()
    let asked = (): void => {}
    const asking = new Promise<void>((resolve) => {
      asked = resolve
    })
    let answer = (_: NodeStatus[]): void => {}
    const read = shardsProbe(now, 100).read({
      nodes: () => {
        asked()
        return new Promise((resolve) => {
          answer = resolve
        })
      },
      usage: async () => [],
      databases: async () => [],
      shards: async () => ids.map((id) => shards.endpoint(id)),
      signal: ending.signal,
    })
    await asking
    ending.abort()
    answer(ids.map(node))
    expect(await read).toEqual([])
    const left = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name IN ('scalelab shards', 'scalelab count')`
    for (const id of ids) expect(await shards.query(id, left)).toEqual([{ n: 0 }])
  })

  it('counts a slot that leaves, and none that arrives or is away', async () => {
    const [first = '', second = ''] = ids
    const state = (id: string, to: string, where: string) =>
      shards.query(id, `UPDATE slots SET state = '${to}' WHERE ${where}`)
    const [row] = await shards.query<{ n: string }>(first, 'SELECT count(*) AS n FROM users')
    const all = Number(row?.n)
    const watch = watching()
    await until(() => watch.now('shard.keys', first) === all)
    await state(first, 'leaving', "state = 'here'")
    await state(second, 'arriving', "state = 'here'")
    await until(() => watch.now('shard.keys', second) === 0)
    expect(watch.now('shard.keys', first)).toBe(all)
    expect(watch.now('shard.slots', first)).toBe(8_192)
    expect(watch.now('shard.slots', second)).toBe(0)
    await state(first, 'away', "state = 'leaving'")
    await until(() => watch.now('shard.keys', first) === 0)
    await state(first, 'here', 'slot % 2 = 0')
    await state(second, 'here', 'slot % 2 = 1')
    await until(() => watch.now('shard.keys', first) === all)
  })

  it('tells that one is down, and that it is back', async () => {
    const watch = watching()
    await until(() => watch.now('shard.up', 'shard-2') === 1)
    await shards.signal('shard-2', 'SIGKILL')
    await until(() => watch.now('shard.up', 'shard-2') === 0)
    expect(watch.now('shard.keys', 'shard-2')).toBeUndefined()
    await until(() => watch.now('shard.up', 'shard-1') === 1)
    await shards.restart('shard-2')
    await until(() => watch.now('shard.keys', 'shard-2') !== undefined)
  })

  it('says no more of one that has left', async () => {
    let there = ids
    const watch = watching({ nodes: async () => there.map(node) })
    await until(() => watch.now('shard.up', 'shard-3') === 1)
    there = ids.slice(0, 2)
    await until(() => watch.now('shard.up', 'shard-3') === undefined)
    await until(() => watch.now('shard.up', 'shard-1') === 1)
  })

  it('and the probes of a primary and its standbys are silent on shards, as it is on them', async () => {
    const context = { shards: async () => ids.map((id) => shards.endpoint(id)) }
    const others = [databasesProbe(now, 20), heartbeatProbe(now, 20)].map((probe) => watchContext(probe, context))
    const databases = watching({ shards: async () => [], databases: context.shards })
    watches.push(...others)
    await until(() => [...others, databases].every(({ reads }) => reads.length > 3))
    for (const { reads } of [...others, databases]) expect(reads.flatMap(({ readings }) => readings)).toEqual([])
  })
})

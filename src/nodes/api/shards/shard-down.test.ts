import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startShards, type TestShards } from '../../../sharding/testing/test-shards.js'
import { slotOfKey } from '../../../strategies/sharding/keying.js'
import { change } from '../testing/database-api.js'
import { postgresMissing } from '../testing/postgres-binaries.js'
import { ask, askUntil, bundle, type Running, start, temporaryFolder } from '../testing/program.js'
import { shardsEnv, startShardsApi } from '../testing/shards-api.js'
import { SlotMover } from '../testing/slot-mover.js'

const missing = process.env.SCALELAB_REQUIRE === '1' ? undefined : postgresMissing()
const PATIENCE = 1_500

describe.skipIf(missing)(`a shard that does not answer${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const folder = temporaryFolder()
  let program = ''
  let shards: TestShards
  let api: Running
  const on = (shard: number) => {
    const users = Array.from({ length: 50 }, (_, i) => `user-${String(i + 1).padStart(6, '0')}`)
    return users.find((user) => slotOfKey(shards.map, user) % 3 === shard - 1) ?? ''
  }

  beforeAll(async () => {
    const [bundled, started] = await Promise.all([
      bundle('api', folder.path),
      startShards({ shards: 3, rows: 50, spare: 1 }),
    ])
    program = bundled
    shards = started
    api = await startShardsApi(program, folder.path, shards.file, { WRITE_PATIENCE_MS: String(PATIENCE) })
  }, 120_000)
  afterAll(async () => {
    await api?.kill()
    await shards?.stop()
    await folder.remove()
  })

  const ready = () => askUntil(`${api.url}/ready`, ({ status }) => status === 200)
  const put = (user: string, version: number, key?: string) =>
    change('PUT', `${api.url}/api/sessions/${user}`, { version }, key)

  it('is named, its users wait and are told, and all the others are served', async () => {
    await shards.signal('shard-2', 'SIGKILL')
    try {
      const [read, listed, written, other, product] = await Promise.all([
        ask(`${api.url}/api/sessions/${on(2)}`),
        ask(`${api.url}/api/orders?limit=5`),
        put(on(2), 1, 'down-1'),
        put(on(1), 1),
        ask(`${api.url}/api/products/ECO-000001`),
      ])
      expect([read.status, listed.status, written.status]).toEqual([503, 503, 503])
      expect([other.status, other.headers['x-shard'], product.status]).toEqual([200, 'shard-1', 200])
      expect(read.headers).toMatchObject({ 'x-shard': 'shard-2', 'retry-after': '1' })
      for (const { body } of [read, listed, written]) expect(JSON.parse(body).error).toContain('shard-2')
      expect(written.headers).toMatchObject({ 'x-write-outcome': 'refused', 'x-shard': 'shard-2' })
      expect(written.ms).toBeGreaterThanOrEqual(PATIENCE - 50)
      expect(read.ms).toBeLessThan(written.ms)

      const unready = await ask(`${api.url}/ready`)
      expect([unready.status, JSON.parse(unready.body).status]).toEqual([503, 'shard-2 does not answer'])
      const health = JSON.parse((await ask(`${api.url}/health`)).body)
      expect(health.shards).toContainEqual({ id: 'shard-2', state: 'down' })
    } finally {
      await shards.restart('shard-2')
    }
    await ready()
  })

  it('and is back in time makes the write that waited', async () => {
    await shards.signal('shard-2', 'SIGKILL')
    const patient = await start(program, shardsEnv(folder.path, shards.file, { WRITE_PATIENCE_MS: '15000' }))
    const writing = change('PUT', `${patient.url}/api/sessions/${on(2)}`, { version: 7 }, 'back-1')
    await sleep(100)
    await shards.restart('shard-2')
    const written = await writing
    await patient.kill()
    expect([written.status, JSON.parse(written.body).applied]).toEqual([200, true])
    await ready()
  }, 60_000)

  it('because it is frozen makes a write once, however often it is sent', async () => {
    const user = on(3)
    await shards.signal('shard-3', 'SIGSTOP')
    let frozen: Awaited<ReturnType<typeof put>>
    try {
      frozen = await put(user, 3, 'frozen-1')
      expect(frozen.status).toBe(503)
      expect(['unknown', 'refused']).toContain(frozen.headers['x-write-outcome'])
    } finally {
      await shards.signal('shard-3', 'SIGCONT')
    }
    await ready()
    expect((await put(user, 3, 'frozen-1')).status).toBe(200)
    expect(await shards.query('shard-3', "SELECT status FROM requests WHERE request_key = 'frozen-1'")).toHaveLength(1)
  })

  it('and has left the map is not missed: nobody asks for it', async () => {
    const mover = await SlotMover.over(shards)
    const map = mover.map
    mover.map = { ...map, shards: [...map.shards, ...shards.shards.slice(3)] }
    const slots = Array.from({ length: 20 }, (_, i) => i * 3 + 1)
    // as `reshard` does it: a shard comes and gets slots, gives them back, and goes
    await mover.move(slots, 'shard-2', 'shard-4')
    const inMap = async (count: number) => {
      await askUntil(`${api.url}/health`, ({ body }) => JSON.parse(body).map.shards === count)
      await ready()
    }
    await inMap(4)
    expect((await ask(`${api.url}/api/orders?limit=1`)).headers['x-shard']).toBe('shard-1,shard-2,shard-3,shard-4')
    await mover.move(slots, 'shard-4', 'shard-2')
    mover.map = { ...mover.map, shards: map.shards }
    await mover.move([], 'shard-4', 'shard-2')
    await mover.end()
    await shards.signal('shard-4', 'SIGKILL')
    await inMap(3)
    const listed = await ask(`${api.url}/api/orders?limit=1`)
    expect([listed.status, listed.headers['x-shard']]).toEqual([200, 'shard-1,shard-2,shard-3'])
  }, 60_000)

  it('at the start is waited for, and the map is had from any that answers', async () => {
    await shards.signal('shard-1', 'SIGKILL')
    const early = await start(program, shardsEnv(folder.path, shards.file))
    try {
      const unready = await askUntil(`${early.url}/ready`, ({ body }) => body.includes('shard-1'))
      expect([unready.status, JSON.parse(unready.body).status]).toEqual([503, 'shard-1 does not answer'])
      expect((await ask(`${early.url}/api/users/${on(2)}`)).status).toBe(200)
      await shards.restart('shard-1')
      await askUntil(`${early.url}/ready`, ({ status }) => status === 200)
    } finally {
      await early.kill()
    }
  }, 60_000)
})

import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SLOTS } from '../../../core/shard-map.js'
import { startShards, type TestShards } from '../../../sharding/testing/test-shards.js'
import { slotOfKey } from '../../../strategies/sharding/keying.js'
import { change } from '../testing/database-api.js'
import { postgresMissing } from '../testing/postgres-binaries.js'
import { ask, bundle, type Reply, type Running, temporaryFolder } from '../testing/program.js'
import { startShardsApi } from '../testing/shards-api.js'
import { SlotMover } from '../testing/slot-mover.js'
import { SHARD_WRITES } from './writes.js'

const missing = process.env.SCALELAB_REQUIRE === '1' ? undefined : postgresMissing()
const USERS = 120
const user = (n: number) => `user-${String(n).padStart(6, '0')}`

describe.skipIf(missing)(`slots that move${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const folder = temporaryFolder()
  let shards: TestShards
  let mover: SlotMover
  let apis: Running[] = []
  /** Moves from each shard to each other: every slot of a third of them. */
  let rounds = 0

  beforeAll(async () => {
    const [program, started] = await Promise.all([bundle('api', folder.path), startShards({ shards: 3, rows: USERS })])
    shards = started
    mover = await SlotMover.over(shards)
    apis = await Promise.all(
      ['api-1', 'api-2'].map((id) => startShardsApi(program, folder.path, shards.file, { INSTANCE_ID: id })),
    )
  }, 120_000)
  afterAll(async () => {
    await Promise.all(apis.map((api) => api.kill()))
    await mover?.end()
    await shards?.stop()
    await folder.remove()
  })

  const url = (n: number, path: string) => `${apis[n % 2]?.url}${path}`
  const slotOf = (id: string) => slotOfKey(shards.map, id)
  /** Every third slot goes to the next shard, and the source has let go of them a moment before the target has them. */
  const moveSome = async () => {
    rounds++
    const from = `shard-${(rounds % 3) + 1}`
    const to = `shard-${((rounds + 1) % 3) + 1}`
    const slots = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => (slot >> 2) % 3 === rounds % 2)
    await mover.move(
      slots.filter((slot) => mover.owner(slot) === from),
      from,
      to,
      () => sleep(10),
    )
  }
  const everywhere = async <Row>(sql: string) =>
    (
      await Promise.all(shards.shards.map(({ id }) => shards.query<Row & { shard: string; slot: number }>(id, sql)))
    ).flat()

  describe('a lock on a slot', () => {
    const session = async () => {
      const { id: application_name = '', ...login } = shards.endpoint('shard-1')
      const client = new Client({ ...login, application_name })
      await client.connect()
      return client
    }
    const own = () => {
      const id = Array.from({ length: USERS }, (_, i) => user(i + 1)).find(
        (one) => mover.owner(slotOf(one)) === 'shard-1',
      )
      if (id === undefined) throw new Error('shard-1 has no user')
      return { id, slot: slotOf(id) }
    }
    const put = (client: Client, id: string, slot: number, version: number) =>
      client.query({
        text: SHARD_WRITES.session.text,
        values: [null, Date.now() / 1_000 + 60, slot, id, version, null],
        rowMode: 'array',
      })

    it.each([
      ['leaving', null, [200, true]],
      ['held', '1 minute', [423, undefined]],
      ['held', '-1 s', [200, true]],
      ['away', null, [421, undefined]],
      ['arriving', null, [421, undefined]],
    ])('waits for a migration that makes it %s (until %s), and sees that: %j', async (state, until, expected) => {
      const [migration, writer] = await Promise.all([session(), session()])
      const { id, slot } = own()
      const before = (
        await shards.query<{ version: string }>('shard-1', 'SELECT version FROM users WHERE user_id = $1', [id])
      )[0]
      try {
        await migration.query('BEGIN')
        const change = `UPDATE slots SET state = $2, held_until = clock_timestamp() + $3::interval WHERE slot = $1`
        await migration.query(change, [slot, state, until])
        let done = false
        const writing = put(writer, id, slot, Number(before?.version) + 1).then(({ rows: [row] }) => {
          done = true
          return row as unknown as [number, { applied?: boolean } | number]
        })
        await sleep(50)
        expect(done).toBe(false)
        await migration.query('COMMIT')
        const [status, body] = await writing
        expect([status, (body as { applied?: boolean }).applied]).toEqual(expected)
        if (status >= 400) expect(body).toBe(mover.map.version)
      } finally {
        await shards.query('shard-1', "UPDATE slots SET state = 'here', held_until = NULL WHERE slot = $1", [slot])
        await Promise.all([migration.end(), writer.end()])
      }
    })

    it('is asked for again when the slot came only after the statement had begun', async () => {
      const [migration, writer] = await Promise.all([session(), session()])
      const { id, slot } = own()
      try {
        await shards.query('shard-1', "UPDATE slots SET state = 'arriving' WHERE slot = $1", [slot])
        await migration.query('BEGIN')
        await migration.query("UPDATE slots SET state = 'here' WHERE slot = $1", [slot])
        const writing = put(writer, id, slot, 9)
        await sleep(50)
        await migration.query('COMMIT')
        expect((await writing).rows[0]?.[0 as never]).toBe(423)
      } finally {
        await shards.query('shard-1', "UPDATE slots SET state = 'here' WHERE slot = $1", [slot])
        await Promise.all([migration.end(), writer.end()])
      }
    })
  })

  it('are followed at once, by a router with an old map', async () => {
    for (const n of [1, 2, 3]) {
      const slot = slotOf(user(n))
      const from = mover.owner(slot)
      const to = from === 'shard-1' ? 'shard-2' : 'shard-1'
      const old = Number((await ask(url(n, `/api/users/${user(n)}`))).headers['x-map-version'])
      await mover.move([slot], from, to)
      const written = await change('PUT', url(n, `/api/sessions/${user(n)}`), { version: 100 + n })
      const read = await ask(url(n + 1, `/api/sessions/${user(n)}`))
      for (const { status, headers } of [written, read]) {
        expect([status, headers['x-shard'], Number(headers['x-map-version'])]).toEqual([200, to, mover.map.version])
      }
      expect(mover.map.version).toBeGreaterThan(old)
      expect(JSON.parse(read.body).version).toBe(100 + n)
    }
  })

  it('refuse whoever writes to the wrong shard by other ways', async () => {
    const slot = slotOf(user(4))
    const owner = mover.owner(slot)
    const other = owner === 'shard-1' ? 'shard-2' : 'shard-1'
    const insert = `INSERT INTO users (user_id, slot, name, balance) VALUES ('intruder', ${slot}, 'x', 0)`
    await expect(shards.query(other, insert)).rejects.toMatchObject({ code: 'SL421' })
    await mover.hold([slot], owner, 60_000)
    await expect(shards.query(owner, insert)).rejects.toMatchObject({ code: 'SL423' })
    await shards.query(owner, "UPDATE slots SET state = 'here', held_until = NULL WHERE slot = $1", [slot])
  })

  it('are read while they are held, and written when the hold is over', async () => {
    const slot = slotOf(user(5))
    await mover.hold([slot], mover.owner(slot), 300)
    const [read, written] = await Promise.all([
      ask(url(1, `/api/sessions/${user(5)}`)),
      change('PUT', url(1, `/api/sessions/${user(5)}`), { version: 1 }),
    ])
    expect([read.status, written.status]).toEqual([200, 200])
    expect(read.ms).toBeLessThan(written.ms)
    expect(written.ms).toBeGreaterThanOrEqual(250)
    await shards.query(mover.owner(slot), "UPDATE slots SET state = 'here', held_until = NULL WHERE slot = $1", [slot])
  })

  it('lose no write and double none, whatever is written meanwhile', async () => {
    let ended = false
    const failures: Reply[] = []
    const versions = new Map<string, number>()
    const orders = new Set<string>()
    const keys = new Set<string>()
    const mapVersions = [0, 0]
    const client = async (c: number) => {
      for (let i = 1; !ended; i++) {
        const id = user(10 + c + 20 * (i % 5))
        const key = `moving-${c}-${i}`
        const reply =
          i % 2 === 0
            ? await change('PUT', url(c, `/api/sessions/${id}`), { version: i }, key)
            : await change('POST', url(c, '/api/orders'), { user_id: id, product_id: 'ECO-000001' }, key)
        if (reply.status >= 300) failures.push(reply)
        const version = Number(reply.headers['x-map-version'])
        expect(version).toBeGreaterThanOrEqual(1)
        mapVersions[c % 2] = Math.max(mapVersions[c % 2] ?? 0, version)
        keys.add(key)
        if (i % 2 === 0) versions.set(id, i)
        else orders.add(JSON.parse(reply.body).order_id)
      }
    }
    const clients = Array.from({ length: 12 }, (_, c) => client(c))
    const begun = mover.map.version
    while (mover.map.version < begun + 8) await moveSome()
    ended = true
    await Promise.all(clients)
    expect(failures).toEqual([])
    expect(keys.size).toBeGreaterThan(50)
    expect(mapVersions.every((version) => version > begun)).toBe(true)

    const served = "slot IN (SELECT slot FROM slots WHERE state = 'here')"
    const users = await everywhere<{ user_id: string; version: string }>(`SELECT * FROM users WHERE ${served}`)
    expect(new Set(users.map(({ user_id }) => user_id)).size).toBe(users.length)
    expect(users).toHaveLength(USERS)
    for (const [id, version] of versions) {
      expect(Number(users.find(({ user_id }) => user_id === id)?.version)).toBe(version)
    }
    const placed = await everywhere<{ order_id: string }>('SELECT * FROM orders WHERE request_key IS NOT NULL')
    expect(placed.map(({ order_id }) => order_id).sort()).toEqual([...orders].sort())
    const stored = await everywhere<{ request_key: string }>("SELECT * FROM requests WHERE request_key LIKE 'moving-%'")
    expect(stored.map(({ request_key }) => request_key).sort()).toEqual([...keys].sort())
  }, 60_000)

  it('keep the sum of the balances, whatever is transferred meanwhile', async () => {
    const sum = async () =>
      (await everywhere<{ balance: string }>('SELECT balance FROM users')).reduce(
        (all, row) => all + Number(row.balance),
        0,
      )
    const before = await sum()
    let ended = false
    let made = 0
    const failures: Reply[] = []
    const clients = Array.from({ length: 8 }, async (_, c) => {
      for (let i = 0; !ended; i++) {
        const [from, to] = [user(1 + ((c * 13 + i) % USERS)), user(1 + ((c * 29 + i * 7 + 1) % USERS))]
        if (from === to) continue
        const reply = await change('POST', url(c, '/api/transfers'), { from, to, amount: 1 + (i % 5) }, `sum-${c}-${i}`)
        if (reply.status === 201) made++
        else failures.push(reply)
      }
    })
    const begun = mover.map.version
    while (mover.map.version < begun + 6) await moveSome()
    ended = true
    await Promise.all(clients)
    expect(failures).toEqual([])
    expect(made).toBeGreaterThan(50)
    expect(await sum()).toBe(before)
    const sides = await everywhere<{ side: string; state: string }>("SELECT side FROM transfers WHERE state = 'done'")
    for (const side of ['debit', 'credit']) expect(sides.filter((row) => row.side === side)).toHaveLength(made)
  }, 60_000)

  it('are gathered once each, page by page, while rows are added', async () => {
    let ended = false
    const writer = async () => {
      for (let i = 0; !ended; i++) {
        const id = user(1 + (i % USERS))
        expect((await change('POST', url(i, '/api/orders'), { user_id: id, product_id: 'ECO-000002' })).status).toBe(
          201,
        )
        await change('POST', url(i, '/api/users'), { user_id: `new-${String(i).padStart(6, '0')}` })
      }
    }
    const walk = async (n: number, path: string, cursor: string, id: 'order_id' | 'user_id', limit: number) => {
      const seen: string[] = []
      for (let after = ''; ; ) {
        const reply = await ask(url(n, `${path}?limit=${limit}${after === '' ? '' : `&${cursor}=${after}`}`))
        expect([reply.status, reply.headers['x-shard']]).toEqual([200, 'shard-1,shard-2,shard-3'])
        const page = (JSON.parse(reply.body) as Record<string, string>[]).map((row) => String(row[id]))
        seen.push(...page)
        if (page.length < limit) return seen
        after = page.at(-1) ?? ''
      }
    }
    const writing = writer()
    const moving = (async () => {
      while (!ended) await moveSome()
    })()
    const begun = mover.map.version
    for (let n = 0; n < 3 || mover.map.version < begun + 4; n++) {
      const there = {
        order_id: await everywhere<{ key: string }>('SELECT order_id AS key FROM orders'),
        user_id: await everywhere<{ key: string }>('SELECT user_id AS key FROM users'),
      }
      const [orders, users] = await Promise.all([
        walk(n, '/api/orders', 'before', 'order_id', 29),
        walk(n + 1, '/api/users', 'after', 'user_id', 13),
      ])
      expect(orders).toEqual([...new Set(orders)].sort().reverse())
      expect(users).toEqual([...new Set(users)].sort())
      const [allOrders, allUsers] = [new Set(orders), new Set(users)]
      expect(there.order_id.filter(({ key }) => !allOrders.has(key))).toEqual([])
      expect(there.user_id.filter(({ key }) => !allUsers.has(key))).toEqual([])
    }
    ended = true
    await Promise.all([writing, moving])
  }, 60_000)
})

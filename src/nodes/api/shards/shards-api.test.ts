import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startShards, type TestShards } from '../../../sharding/testing/test-shards.js'
import { slotOfKey } from '../../../strategies/sharding/keying.js'
import { change } from '../testing/database-api.js'
import { postgresMissing } from '../testing/postgres-binaries.js'
import { ask, bundle, type Reply, type Running, temporaryFolder } from '../testing/program.js'
import { startShardsApi } from '../testing/shards-api.js'

const missing = process.env.SCALELAB_REQUIRE === '1' ? undefined : postgresMissing()
const ALL = 'shard-1,shard-2,shard-3'
const NOBODY = '00000000-0000-7000-8000-000000000000'

describe.skipIf(missing)(`the API over shards${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const folder = temporaryFolder()
  let program = ''
  let shards: TestShards
  let api: Running

  beforeAll(async () => {
    const [bundled, started] = await Promise.all([bundle('api', folder.path), startShards({ shards: 3, rows: 300 })])
    program = bundled
    shards = started
    api = await startShardsApi(program, folder.path, shards.file)
  }, 120_000)
  afterAll(async () => {
    await api?.kill()
    await shards?.stop()
    await folder.remove()
  })

  const get = async (path: string) => parsed(await ask(api.url + path))
  const send = async (method: 'POST' | 'PUT', path: string, body: unknown, key?: string) =>
    parsed(await change(method, api.url + path, body, key))
  const ownerOf = (user: string) => `shard-${(slotOfKey(shards.map, user) % 3) + 1}`
  const everywhere = async (sql: string) =>
    (await Promise.all(shards.map.shards.map(({ id }) => shards.query<{ n: string }>(id, sql))))
      .flat()
      .reduce((sum, { n }) => sum + Number(n), 0)

  it('reads a user from the shard that owns the slot, and says which', async () => {
    for (const user of ['user-000001', 'user-000002', 'user-000003', 'user-000299']) {
      const shard = ownerOf(user)
      const places = { 'x-shard': shard, 'x-db-node': shard, 'x-map-version': '1', 'x-instance-id': 'api-1' }
      const session = await get(`/api/sessions/${user}`)
      expect(session).toMatchObject({ status: 200, body: { user_id: user, version: 0 }, headers: places })
      expect(await get(`/api/users/${user}`)).toMatchObject({
        body: { user_id: user, balance: 1_000 },
        headers: places,
      })
      const orders = await get(`/api/orders?user_id=${user}`)
      expect(orders).toMatchObject({ status: 200, body: [{ user_id: user }], headers: places })
      const order = await get(`/api/orders/${orders.body[0].order_id}`)
      expect(order).toMatchObject({ status: 200, body: orders.body[0], headers: { 'x-shard': shard } })
    }
  })

  it('writes a session as a register that never goes back', async () => {
    const path = '/api/sessions/user-000020'
    const first = await send('PUT', path, { version: 5, data: { cart: 2 } })
    expect(first).toMatchObject({ status: 200, body: { user_id: 'user-000020', version: 5, applied: true } })
    expect(first.headers).toMatchObject({
      'x-shard': ownerOf('user-000020'),
      'x-lsn': expect.stringMatching(/^\w+\/\w+$/),
    })
    expect((await send('PUT', path, { version: 4, data: {} })).body).toMatchObject({ applied: false })
    await send('PUT', path, { version: 6 })
    expect((await get(path)).body).toMatchObject({ version: 6, data: { cart: 2 } })
    expect(await send('PUT', '/api/sessions/nobody', { version: 1 })).toMatchObject({ status: 404 })
  })

  it('makes users, and orders of theirs', async () => {
    const ana = { user_id: '{acme}.ana', name: 'Ana', balance: 50 }
    const made = await send('POST', '/api/users', ana)
    expect(made).toMatchObject({ status: 201, body: { ...ana, version: 0 } })
    expect((await get(String(made.headers.location))).body).toMatchObject(ana)
    expect(await send('POST', '/api/users', ana)).toMatchObject({
      status: 409,
      headers: { 'x-write-outcome': 'refused' },
    })
    expect((await send('POST', '/api/users', { user_id: '{acme}.bo' })).headers['x-shard']).toBe(
      made.headers['x-shard'],
    )

    const order = { user_id: ana.user_id, product_id: 'ECO-000041', quantity: 3 }
    const first = await send('POST', '/api/orders', order, 'order-1')
    const again = await send('POST', '/api/orders', order, 'order-1')
    expect(first).toMatchObject({ status: 201, body: { ...order, order_id: expect.stringMatching(/^\w{8}-\w{4}-7/) } })
    expect(again.body).toEqual(first.body)
    expect([first.headers['idempotency-replayed'], again.headers['idempotency-replayed']]).toEqual([undefined, 'true'])
    const product = (await get('/api/products/ECO-000041')).body
    expect(first.body.amount).toBe(Number((product.price * 3).toFixed(2)))
    expect((await get(String(first.headers.location))).body).toEqual(first.body)
    expect((await get(`/api/orders?user_id=${encodeURIComponent(ana.user_id)}`)).body).toEqual([first.body])
    expect(await send('POST', '/api/orders', { ...order, product_id: 'none' })).toMatchObject({ status: 404 })
    expect(await send('POST', '/api/orders', { ...order, user_id: 'nobody' })).toMatchObject({ status: 404 })
  })

  it('makes one order of twenty that arrive at once under one key', async () => {
    const order = { user_id: 'user-000061', product_id: 'ECO-000061' }
    const replies = await Promise.all(Array.from({ length: 20 }, () => send('POST', '/api/orders', order, 'twenty')))
    expect(new Set(replies.map(({ status, body }) => `${status} ${body.order_id}`)).size).toBe(1)
    expect(await everywhere("SELECT count(*) AS n FROM orders WHERE request_key = 'twenty'")).toBe(1)
  })

  it('lists from all shards in one order', async () => {
    const users = await get('/api/users?limit=5&after=user-000100')
    const ids = users.body.map(({ user_id }: { user_id: string }) => user_id)
    expect(ids).toEqual(['user-000101', 'user-000102', 'user-000103', 'user-000104', 'user-000105'])
    expect(users.headers).toMatchObject({ 'x-shard': ALL, 'x-map-version': '1' })
    expect(users.headers['x-db-node']).toBeUndefined()
    const latest = await send('POST', '/api/orders', { user_id: 'user-000007', product_id: 'ECO-000001' })
    const orders = await get('/api/orders?limit=3')
    expect(orders.body).toHaveLength(3)
    expect(orders.body[0]).toEqual(latest.body)
    expect((await get(`/api/orders?limit=1&before=${orders.body[1].order_id}`)).body).toEqual([orders.body[2]])
    expect(await get(`/api/orders/${NOBODY}`)).toMatchObject({ status: 404, headers: { 'x-shard': ALL } })
  })

  it('reads products from the shards in turn', async () => {
    const replies = await Promise.all(Array.from({ length: 6 }, () => get('/api/productos/ECO-000007')))
    expect(new Set(replies.map(({ headers }) => headers['x-shard'])).size).toBe(3)
    expect(replies[0]?.body).toEqual({ product_id: 'ECO-000007', name: 'Producto 7', price: 60.33 })
    expect((await get('/api/products?limit=2&offset=5')).body).toHaveLength(2)
  })

  it.each([
    ['/api/users/nobody', 404],
    ['/api/users/%00', 404],
    ['/api/sessions/nobody', 404],
    ['/api/orders/7', 404],
    ['/api/orders?user_id=a%20b', 400],
    ['/api/orders?before=7', 400],
    ['/api/orders?limit=1001', 400],
    ['/api/users?limit=x', 400],
    ['/api/transfers', 404],
    [`/api/transfers/${NOBODY}`, 400],
    [`/api/transfers/${NOBODY}?user_id=user-000001`, 404],
    ['/api/products/none', 404],
    ['/api/inventory/ECO-000001', 404],
    ['/api/analytics', 404],
  ])('answers %s with %i', async (path, status) => {
    const reply = await get(path)
    expect([reply.status, reply.body]).toEqual([status, { error: expect.any(String) }])
  })

  it.each([
    ['PUT', '/api/sessions/user-000001', { version: -1 }, 'version'],
    ['PUT', '/api/sessions/a%20b', { version: 1 }, 'user_id'],
    ['POST', '/api/users', { user_id: 'x', balance: 0.5 }, 'balance'],
    ['POST', '/api/users', { user_id: 'x', name: '' }, 'name'],
    ['POST', '/api/orders', { user_id: 'u', product_id: 'p', quantity: 0 }, 'quantity'],
    ['POST', '/api/transfers', { from: 'user-000001', to: 'user-000001', amount: 1 }, 'two users'],
    ['POST', '/api/transfers', { from: 'user-000001', to: 'user-000002', amount: 0 }, 'amount'],
  ] as const)('refuses %s %s of %j and says why', async (method, path, body, reason) => {
    const reply = await send(method, path, body)
    expect([reply.status, reply.headers['x-write-outcome']]).toEqual([400, 'refused'])
    expect(reply.body.error).toContain(reason)
  })

  it('takes the stated time for a request on a key, as many at a time as there are connections', async () => {
    const slow = await startShardsApi(program, folder.path, { ...shards.file, pool: 2, query_ms: 100 })
    const url = `${slow.url}/api/sessions/user-000001`
    const begun = performance.now()
    const replies = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((i) => (i % 2 ? ask(url) : change('PUT', url, { version: i }))),
    )
    const passed = performance.now() - begun
    const listed = await Promise.all(Array.from({ length: 20 }, () => ask(`${slow.url}/api/orders?limit=1`)))
    await slow.kill()
    expect(replies.map(({ status }) => status)).toEqual(Array(6).fill(200))
    expect(passed).toBeGreaterThanOrEqual(300)
    expect(Math.min(...listed.map(({ ms }) => ms))).toBeLessThan(100)
  })

  it('tells of its shards and the map', async () => {
    const { body } = await get('/health')
    expect(body.shards).toEqual(shards.map.shards.map(({ id }) => ({ id, state: 'up' })))
    expect(body.map).toEqual({ version: 1, scheme: 'modulo', shards: 3 })
    expect(api.lines.join('\n')).not.toContain(shards.file.password)
  })
})

function parsed({ status, headers, body }: Reply) {
  return { status, headers, body: JSON.parse(body) }
}

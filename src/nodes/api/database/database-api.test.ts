import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseLsn } from '../../../core/lsn.js'
import { change, startDatabaseApi } from '../testing/database-api.js'
import { startPostgres, type TestCluster } from '../testing/postgres.js'
import { postgresMissing } from '../testing/postgres-binaries.js'
import { ask, bundle, type Running, temporaryFolder } from '../testing/program.js'

const missing = process.env.SCALELAB_REQUIRE === '1' ? undefined : postgresMissing()

describe.skipIf(missing)(`the API over PostgreSQL${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const folder = temporaryFolder()
  let program = ''
  let cluster: TestCluster
  let api: Running

  beforeAll(async () => {
    const [bundled, started] = await Promise.all([bundle('api', folder.path), startPostgres(200, 1)])
    program = bundled
    cluster = started
    api = await startDatabaseApi(program, folder.path, cluster.file, 1)
  })
  afterAll(async () => {
    await api?.kill()
    await cluster?.stop()
    await folder.remove()
  })

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const { status, body, headers: answered } = await ask(api.url + path, { headers })
    return { status, body: JSON.parse(body), node: String(answered['x-db-node']) }
  }
  const strong = { 'X-Consistency': 'strong' }
  const count = async (sql: string) => Number((await cluster.primary.query(`SELECT count(*) AS n FROM ${sql}`))[0]?.n)

  describe('reads', () => {
    it('each entity from where it belongs, in the shape that the documents have', async () => {
      expect(await get('/api/productos/ECO-000007')).toEqual({
        status: 200,
        node: 'standby-1',
        body: { product_id: 'ECO-000007', name: 'Producto 7', price: 60.33, stock: 1_000_000 },
      })
      expect(await get('/api/products/ECO-000007')).toMatchObject({ status: 200, node: 'standby-1' })
      const page = await get('/api/products?limit=2&offset=5')
      expect(page.body.map(({ product_id }: { product_id: string }) => product_id)).toEqual([
        'ECO-000006',
        'ECO-000007',
      ])
      expect((await get('/api/products')).body).toHaveLength(50)
      const stock = await get('/api/inventory/ECO-000001')
      expect(stock).toMatchObject({
        status: 200,
        node: 'primary',
        body: { product_id: 'ECO-000001', stock: 1_000_000 },
      })
      const orders = await get('/api/orders?user_id=user-000010')
      expect(orders).toMatchObject({ status: 200, node: 'primary', body: [{ product_id: 'ECO-000010', quantity: 2 }] })
      expect(await get(`/api/orders/${orders.body[0].order_id}`)).toMatchObject({
        node: 'primary',
        body: orders.body[0],
      })
      expect(await get('/api/sessions/user-000003')).toMatchObject({
        status: 200,
        node: 'standby-1',
        body: { user_id: 'user-000003', version: 0, data: { cart: 3 } },
      })
      const events = await get('/api/analytics?limit=3')
      expect(events).toMatchObject({ status: 200, node: 'standby-1' })
      expect(events.body).toHaveLength(3)
      expect(events.body[0]).toMatchObject({ kind: expect.any(String), product_id: expect.any(String), events: 1 })
    })

    it('from the primary when asked for, and from there alone when told so', async () => {
      expect((await get('/api/sessions/user-000003', strong)).node).toBe('primary')
      expect((await get('/api/sessions/user-000003?consistency=strong')).node).toBe('primary')
      expect((await get('/api/inventory/ECO-000001', { 'X-Consistency': 'eventual' })).node).toBe('standby-1')
      expect((await get('/api/sessions/user-000003', { 'X-Consistency': 'read-your-writes' })).node).toBe('primary')
      const other = await startDatabaseApi(program, folder.path, { ...cluster.file, reads: 'primary' }, 1)
      const reply = await ask(`${other.url}/api/products/ECO-000001`)
      await other.kill()
      expect(reply.headers['x-db-node']).toBe('primary')
    })

    it.each([
      ['/api/products/none', 404],
      ['/api/products/%00', 404],
      ['/api/inventory/none', 404],
      ['/api/sessions/user-nobody', 404],
      ['/api/orders/999999999', 404],
      ['/api/orders/x', 404],
      ['/api/orders', 400],
      ['/api/products?limit=1001', 400],
      ['/api/products?offset=-1', 400],
      ['/api/products?consistency=sometimes', 400],
      ['/api/inventory', 404],
      ['/api/nothing', 404],
    ])('answers %s with %i', async (path, status) => {
      const reply = await ask(api.url + path)
      expect(reply.status).toBe(status)
      expect(reply.headers['x-instance-id']).toBe('api-1')
      expect(JSON.parse(reply.body)).toHaveProperty('error')
    })

    it('refuses a log position that is none', async () => {
      const headers = { 'X-Consistency': 'read-your-writes', 'X-After-LSN': 'yesterday' }
      expect((await get('/api/sessions/user-000003', headers)).status).toBe(400)
    })

    it('last as long as stated, and as many at a time as there are connections', async () => {
      const file = { ...cluster.file, reads: 'primary' as const, pool: 2, query_ms: 100 }
      const slow = await startDatabaseApi(program, folder.path, file, 1)
      const begun = performance.now()
      const replies = await Promise.all(Array.from({ length: 6 }, () => ask(`${slow.url}/api/sessions/user-000001`)))
      const passed = performance.now() - begun
      const none = await ask(`${slow.url}/api/sessions/nobody`)
      await slow.kill()
      expect(replies.map(({ status }) => status)).toEqual(Array(6).fill(200))
      expect(passed).toBeGreaterThanOrEqual(300)
      expect([none.status, none.ms >= 100]).toEqual([404, true])
    })
  })

  describe('writes', () => {
    it('a session as a register that never goes back', async () => {
      const url = `${api.url}/api/sessions/user-000020`
      const first = await change('PUT', url, { version: 5, data: { cart: 2 } })
      expect(first.status).toBe(200)
      expect(first.headers['x-db-node']).toBe('primary')
      expect(parseLsn(String(first.headers['x-lsn']))).toBeGreaterThan(0n)
      expect(JSON.parse(first.body)).toEqual({ user_id: 'user-000020', version: 5, applied: true })
      expect(JSON.parse((await change('PUT', url, { version: 4, data: {} })).body)).toMatchObject({ applied: false })
      await change('PUT', url, { version: 6 })
      expect((await get('/api/sessions/user-000020', strong)).body).toMatchObject({ version: 6, data: { cart: 2 } })
      expect((await change('PUT', `${api.url}/api/sessions/new-user`, { version: 1 })).status).toBe(200)
      expect((await get('/api/sessions/new-user', strong)).body).toMatchObject({ version: 1, data: {} })
    })

    it('a stock, a product and an event', async () => {
      const stock = await change('PUT', `${api.url}/api/inventory/ECO-000030`, { stock: 7 })
      expect([stock.status, JSON.parse(stock.body)]).toMatchObject([200, { product_id: 'ECO-000030', stock: 7 }])
      expect((await change('PUT', `${api.url}/api/inventory/none`, { stock: 7 })).status).toBe(404)

      const draft = { product_id: 'TEST-1', name: 'Nuez', price: 5.25, stock: 3 }
      const created = await change('POST', `${api.url}/api/productos`, draft)
      expect([created.status, created.headers.location]).toEqual([201, '/api/products/TEST-1'])
      expect((await get('/api/products/TEST-1', strong)).body).toEqual(draft)
      expect((await change('POST', `${api.url}/api/productos`, draft)).status).toBe(409)
      const nameless = await change('POST', `${api.url}/api/productos`, { name: 'Pera', price: 1 })
      expect((await get(String(nameless.headers.location), strong)).body).toMatchObject({ name: 'Pera', stock: 0 })

      const event = await change('POST', `${api.url}/api/analytics`, { kind: 'search', product_id: null, user_id: 'u' })
      expect(event.status).toBe(201)
      expect((await get('/api/analytics?limit=1000', strong)).body).toContainEqual({
        kind: 'search',
        product_id: null,
        events: 1,
      })
    })

    it('an order together with its stock', async () => {
      const ordered = await change('POST', `${api.url}/api/orders`, {
        user_id: 'user-000040',
        product_id: 'ECO-000041',
        quantity: 3,
      })
      expect(ordered.status).toBe(201)
      const order = JSON.parse(ordered.body)
      const { price } = (await get('/api/products/ECO-000041', strong)).body
      expect(order).toMatchObject({ product_id: 'ECO-000041', quantity: 3, amount: Number((price * 3).toFixed(2)) })
      expect((await get(String(ordered.headers.location))).body).toMatchObject({
        order_id: order.order_id,
        quantity: 3,
      })
      expect((await get('/api/inventory/ECO-000041')).body.stock).toBe(999_997)
      const unknown = await change('POST', `${api.url}/api/orders`, { user_id: 'u', product_id: 'none', quantity: 1 })
      expect(unknown.status).toBe(404)
    })

    it.each([
      ['PUT', '/api/sessions/user-000001', { version: -1 }, 'version'],
      ['PUT', '/api/sessions/user-000001', { version: 1, data: 3 }, 'data'],
      ['PUT', '/api/sessions/a%20b', { version: 1 }, 'user_id'],
      ['PUT', '/api/inventory/ECO-000001', { stock: 3_000_000_000 }, 'stock'],
      ['POST', '/api/orders', { user_id: 'u', product_id: 'p', quantity: 0 }, 'quantity'],
      ['POST', '/api/orders', { product_id: 'p', quantity: 1 }, 'user_id'],
      ['POST', '/api/products', { name: 'x' }, 'price'],
      ['POST', '/api/analytics', {}, 'kind'],
      ['POST', '/api/analytics', [], 'object'],
    ] as const)('refuses %s %s of %j and says why', async (method, path, body, reason) => {
      const reply = await change(method, api.url + path, body)
      expect([reply.status, reply.headers['x-write-outcome']]).toEqual([400, 'refused'])
      expect(JSON.parse(reply.body).error).toContain(reason)
    })

    it('knows no other methods, and says which it knows', async () => {
      const reply = await ask(`${api.url}/api/inventory/ECO-000001`, { method: 'DELETE' })
      expect([reply.status, reply.headers.allow]).toEqual([405, 'GET, HEAD, PUT'])
      expect((await ask(`${api.url}/api/orders`, { method: 'PUT' })).headers.allow).toBe('GET, HEAD, POST')
    })

    it('never sells more than there is, to fifty at once', async () => {
      await change('PUT', `${api.url}/api/inventory/ECO-000050`, { stock: 31 })
      const replies = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          change(
            'POST',
            `${api.url}/api/orders`,
            { user_id: `buyer-${i}`, product_id: 'ECO-000050', quantity: 2 },
            `b-${i}`,
          ),
        ),
      )
      expect(replies.filter(({ status }) => status === 201)).toHaveLength(15)
      const refused = replies.filter(({ status }) => status === 409)
      expect(refused).toHaveLength(35)
      for (const { headers, body } of refused) {
        expect([headers['x-write-outcome'], JSON.parse(body).error]).toEqual(['refused', 'out of stock'])
      }
      expect((await get('/api/inventory/ECO-000050')).body.stock).toBe(1)
      expect(await count("orders WHERE user_id LIKE 'buyer-%'")).toBe(15)
    })
  })

  describe('an idempotency key', () => {
    const order = { user_id: 'user-000060', product_id: 'ECO-000060', quantity: 1 }

    it('is answered again what it was answered the first time', async () => {
      const first = await change('POST', `${api.url}/api/orders`, order, 'key-1')
      const again = await change('POST', `${api.url}/api/orders`, order, 'key-1')
      expect([first.status, first.headers['idempotency-replayed']]).toEqual([201, undefined])
      expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true'])
      expect(again.body).toBe(first.body)
      expect(again.headers.location).toBe(first.headers.location)
      expect(await count("orders WHERE request_key = 'key-1'")).toBe(1)
      expect((await get('/api/inventory/ECO-000060')).body.stock).toBe(999_999)
    })

    it('makes one write of twenty that arrive at once, for every resource', async () => {
      const writes = [
        ['POST', '/api/orders', { ...order, product_id: 'ECO-000061' }, "orders WHERE request_key = 'twenty-0'"],
        ['POST', '/api/analytics', { kind: 'twenty' }, "analytics WHERE kind = 'twenty'"],
        ['POST', '/api/products', { name: 'Twenty', price: 1 }, "products WHERE name = 'Twenty'"],
        ['PUT', '/api/sessions/user-000061', { version: 1 }, "requests WHERE request_key = 'twenty-3'"],
        ['PUT', '/api/inventory/ECO-000062', { stock: 9 }, "requests WHERE request_key = 'twenty-4'"],
      ] as const
      for (const [i, [method, path, body, rows]] of writes.entries()) {
        const replies = await Promise.all(
          Array.from({ length: 20 }, () => change(method, api.url + path, body, `twenty-${i}`)),
        )
        expect(new Set(replies.map(({ status, body: text }) => `${status} ${text}`)).size).toBe(1)
        expect(replies[0]?.status).toBeLessThan(300)
        expect(replies.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1)
        expect(await count(rows)).toBe(1)
      }
      expect((await get('/api/inventory/ECO-000061')).body.stock).toBe(999_999)
    })

    it('keeps a refusal too, and must not be endless', async () => {
      await change('PUT', `${api.url}/api/inventory/ECO-000063`, { stock: 0 })
      const sold = { ...order, product_id: 'ECO-000063' }
      expect((await change('POST', `${api.url}/api/orders`, sold, 'key-2')).status).toBe(409)
      await change('PUT', `${api.url}/api/inventory/ECO-000063`, { stock: 5 })
      expect((await change('POST', `${api.url}/api/orders`, sold, 'key-2')).status).toBe(409)
      expect((await change('POST', `${api.url}/api/orders`, sold, 'k'.repeat(201))).status).toBe(400)
      expect((await get('/api/inventory/ECO-000063')).body.stock).toBe(5)
    })
  })

  it('reads the own writes, from a standby that is late and from one that is not', async () => {
    const standby = cluster.standbys[0]
    let eventual = 0
    const nodes = new Set<string>()
    const rounds = async (from: number, to: number) => {
      for (let version = from; version < to; version++) {
        const written = await change('PUT', `${api.url}/api/sessions/user-000070`, { version })
        const headers = { 'X-Consistency': 'read-your-writes', 'X-After-LSN': String(written.headers['x-lsn']) }
        const [own, any] = await Promise.all([
          get('/api/sessions/user-000070', headers),
          get('/api/sessions/user-000070'),
        ])
        expect(own.body.version).toBe(version)
        nodes.add(own.node)
        if (any.body.version < version) eventual++
      }
    }
    const delay = async (setting: string) => {
      await standby?.query(`ALTER SYSTEM SET recovery_min_apply_delay = '${setting}'`)
      await standby?.query('SELECT pg_reload_conf()')
    }
    await rounds(1, 20)
    expect(nodes).toContain('standby-1')
    await delay('60ms') // within what a read waits for
    await rounds(20, 30)
    await delay('700ms') // beyond it
    nodes.clear()
    await rounds(30, 35)
    await delay('0')
    expect([...nodes]).toEqual(['primary'])
    expect(eventual).toBeGreaterThan(0) // the test can tell: a read that asks for nothing was stale
  })

  it('tells of its databases', async () => {
    await sleep(250)
    const { databases } = (await get('/health')).body
    expect(databases).toEqual([
      { id: 'primary', state: 'primary', timeline: 1, lag_bytes: 0 },
      { id: 'standby-1', state: 'standby', timeline: 1, lag_bytes: expect.any(Number) },
    ])
    expect((await ask(`${api.url}/ready?streaming=1`)).status).toBe(200)
    const unready = await ask(`${api.url}/ready?streaming=2`)
    expect([unready.status, JSON.parse(unready.body).status]).toEqual([503, '1 of 2 standbys stream'])
    expect(api.lines.join('\n')).not.toContain(cluster.file.password)
  })
})

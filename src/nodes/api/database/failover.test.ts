import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { change, startDatabaseApi } from '../testing/database-api.js'
import { startPostgres, type TestCluster } from '../testing/postgres.js'
import { postgresMissing } from '../testing/postgres-binaries.js'
import { ask, askUntil, bundle, type Reply, type Running, temporaryFolder } from '../testing/program.js'

const missing = process.env.SCALELAB_REQUIRE === '1' ? undefined : postgresMissing()

describe.skipIf(missing)(`a failover${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const folder = temporaryFolder()
  let program = ''
  let cluster: TestCluster
  let api: Running

  beforeAll(async () => {
    program = await bundle('api', folder.path)
    return () => folder.remove()
  })
  afterEach(async () => {
    await api?.kill()
    await cluster?.stop()
  })

  async function begin(env: Record<string, string> = {}, config = ''): Promise<void> {
    cluster = await startPostgres(100, 1, config)
    api = await startDatabaseApi(program, folder.path, cluster.file, 1, env)
  }

  const standby = () => {
    const [first] = cluster.standbys
    if (first === undefined) throw new Error('no standby')
    return first
  }
  const order = (key?: string, product_id = 'ECO-000001') =>
    change('POST', `${api.url}/api/orders`, { user_id: 'user-000001', product_id, quantity: 1 }, key)

  /** Orders under keys k-0, k-1, ..., one every few milliseconds, until `until` has settled. */
  async function ordersDuring(until: Promise<unknown>): Promise<Map<string, Reply>> {
    const replies = new Map<string, Reply>()
    const running: Promise<void>[] = []
    let going = true
    const end = until.finally(() => {
      going = false
    })
    for (let k = 0; going; k++) {
      const key = `k-${k}`
      const product = `ECO-${String((k % 100) + 1).padStart(6, '0')}`
      running.push(order(key, product).then((reply) => void replies.set(key, reply)))
      await sleep(5)
    }
    await end
    await Promise.all(running)
    return replies
  }

  it('after a kill needs no restart, loses no write that waits its turn, and doubles none', async () => {
    await begin()
    const replies = await ordersDuring(
      (async () => {
        await sleep(300)
        cluster.primary.signal('SIGKILL')
        await sleep(100)
        await standby().query('SELECT pg_promote(false)')
        expect((await change('POST', `${api.url}/databases/look`, {})).status).toBe(202)
        await sleep(700)
      })(),
    )
    const statuses = [...replies.values()].map(({ status }) => status)
    expect(statuses.filter((status) => status !== 201)).toEqual([])
    const after = [...replies.values()].filter(({ headers }) => headers['x-db-node'] === 'standby-1')
    expect(after.length).toBeGreaterThan(50)
    const kept = await standby().query(
      'SELECT request_key, count(*) AS n FROM orders WHERE request_key IS NOT NULL GROUP BY 1',
    )
    expect(kept.filter(({ n }) => n !== '1')).toEqual([])
    const keys = new Set(kept.map(({ request_key }) => request_key))
    for (const [key, { headers }] of replies) if (headers['x-db-node'] === 'standby-1') expect(keys).toContain(key)
    const [stock] = await standby().query('SELECT sum(1000000 - stock) AS sold FROM inventory')
    expect(stock?.sold).toBe(String(kept.length))

    const { body } = await ask(`${api.url}/health`)
    expect(JSON.parse(body).databases).toEqual([
      { id: 'primary', state: 'down', timeline: null, lag_bytes: null },
      { id: 'standby-1', state: 'primary', timeline: 2, lag_bytes: 0 },
    ])
    const read = await ask(`${api.url}/api/sessions/user-000001`)
    expect([read.status, read.headers['x-db-node']]).toEqual([200, 'standby-1'])
  })

  it('does not write to a primary that was frozen, was replaced, and wakes up', async () => {
    await begin()
    let wokenAt = ''
    const replies = await ordersDuring(
      (async () => {
        await sleep(300)
        cluster.primary.signal('SIGSTOP')
        await sleep(450)
        await standby().query('SELECT pg_promote(false)')
        // Nothing is sent to the frozen server any more, and the time to begin of what was sent before is over.
        await askUntil(`${api.url}/health`, (reply) => reply.body.includes('"timeline":2'))
        await sleep(300)
        wokenAt = new Date().toISOString()
        cluster.primary.signal('SIGCONT')
        await sleep(700)
      })(),
    )
    expect([...replies.values()].filter(({ status }) => status !== 201)).toEqual([])
    expect([...replies.values()].at(-1)?.headers['x-db-node']).toBe('standby-1')
    // What began before the freeze may end after it. What lay in a socket does not begin: its time is over.
    const begun = await cluster.primary.query(`SELECT request_key FROM orders WHERE created_at > '${wokenAt}'`)
    expect(begun).toEqual([])
    const { body } = await askUntil(`${api.url}/health`, (reply) => reply.body.includes('"timeline":1'))
    expect(JSON.parse(body).databases).toMatchObject([
      { id: 'primary', state: 'down', timeline: 1 },
      { id: 'standby-1', state: 'primary', timeline: 2 },
    ])
    expect((await order()).headers['x-db-node']).toBe('standby-1')

    // An instance that starts now sees both, and takes the right one.
    const late = await startDatabaseApi(program, folder.path, cluster.file, 0)
    const written = await change('PUT', `${late.url}/api/sessions/user-000001`, { version: 1 })
    await late.kill()
    expect(written.headers['x-db-node']).toBe('standby-1')
  })

  it('goes on reading while a server is frozen', async () => {
    await begin()
    standby().signal('SIGSTOP')
    const replies: Reply[] = []
    for (let i = 0; i < 100; i++) {
      replies.push(await ask(`${api.url}/api/sessions/user-000001`))
      await sleep(5)
    }
    expect(replies.filter(({ status }) => status !== 200)).toEqual([])
    expect(replies.at(-1)?.headers['x-db-node']).toBe('primary')
    standby().signal('SIGCONT')
    await askUntil(`${api.url}/api/sessions/user-000001`, ({ headers }) => headers['x-db-node'] === 'standby-1')
  })

  it('tells a write that did not happen from one that nobody knows of', async () => {
    await begin({ WRITE_PATIENCE_MS: '400' })
    cluster.primary.signal('SIGSTOP')
    const [unknown] = await Promise.all([order()])
    expect([unknown.status, unknown.headers['x-write-outcome']]).toEqual([503, 'unknown'])
    const refused = await order()
    expect([refused.status, refused.headers['x-write-outcome']]).toEqual([503, 'refused'])
    expect((await ask(`${api.url}/ready`)).status).toBe(503)
    cluster.primary.signal('SIGCONT')
    await askUntil(`${api.url}/ready`, ({ status }) => status === 200)
    expect((await order()).status).toBe(201)
  })

  it('does not acknowledge a commit whose wait for a standby was cancelled', async () => {
    await begin({ WRITE_PATIENCE_MS: '1000' }, "synchronous_standby_names = '*'")
    expect((await order('synchronous')).status).toBe(201)
    standby().signal('SIGSTOP')
    const session = `${api.url}/api/sessions/user-000001`
    const waiting = [order('cancelled'), change('PUT', session, { version: 1 })]
    await untilWaiting(cluster, 2)
    const cancel = async () =>
      cluster.primary.query("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
    await cancel()
    const [keyed, plain] = await Promise.all(waiting)
    expect([plain?.status, plain?.headers['x-write-outcome']]).toEqual([503, 'unknown'])
    // the repeated attempt found the order, and waits again for the standby
    expect([keyed?.status, keyed?.headers['x-write-outcome']]).toEqual([503, 'unknown'])
    const again = order('cancelled')
    standby().signal('SIGCONT')
    expect([(await again).status, (await again).headers['idempotency-replayed']]).toEqual([201, 'true'])
    const [rows] = await cluster.primary.query("SELECT count(*) AS n FROM orders WHERE request_key = 'cancelled'")
    expect(rows?.n).toBe('1')
  })
})

async function untilWaiting(cluster: TestCluster, sessions: number): Promise<void> {
  for (const end = performance.now() + 10_000; ; await sleep(20)) {
    const rows = await cluster.primary.query("SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
    if (rows.length >= sessions) return
    if (performance.now() > end) throw new Error('no commit waits for a standby')
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { seededRandom } from '../../../core/random.js'
import { startShards, type TestShards } from '../../../sharding/testing/test-shards.js'
import { slotOfKey } from '../../../strategies/sharding/keying.js'
import type { Statement, Value } from '../database/connection.js'
import { change } from '../testing/database-api.js'
import { postgresMissing } from '../testing/postgres-binaries.js'
import { ask, bundle, type Running, temporaryFolder } from '../testing/program.js'
import { startShardsApi } from '../testing/shards-api.js'
import { TRANSFER_STEPS } from './steps.js'
import { SHARD_WRITES } from './writes.js'

const missing = process.env.SCALELAB_REQUIRE === '1' ? undefined : postgresMissing()
const USERS = 40
const KILLS = 15

describe.skipIf(missing)(`a transfer${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const folder = temporaryFolder()
  let program = ''
  let shards: TestShards
  let api: Running
  const all = Array.from({ length: USERS }, (_, i) => `user-${String(i + 1).padStart(6, '0')}`)
  const of = (shard: number) => all.filter((user) => slotOfKey(shards.map, user) % 2 === shard - 1)
  const one = (shard: number, index = 0) => of(shard)[index] ?? ''
  /** A user that nobody made, and whose slot is on this shard. */
  const nobody = (shard: number) =>
    Array.from({ length: 9 }, (_, i) => `nobody-${i}`).find((user) => slotOfKey(shards.map, user) % 2 === shard - 1) ??
    ''

  beforeAll(async () => {
    const [bundled, started] = await Promise.all([bundle('api', folder.path), startShards({ shards: 2, rows: USERS })])
    program = bundled
    shards = started
    api = await startShardsApi(program, folder.path, shards.file)
  }, 120_000)
  afterAll(async () => {
    await api?.kill()
    await shards?.stop()
    await folder.remove()
  })
  beforeEach(async () => {
    for (const { id } of shards.shards) {
      await shards.query(id, 'UPDATE users SET balance = 1000')
      await shards.query(id, 'DELETE FROM transfers')
      await shards.query(id, 'DELETE FROM requests')
    }
  })

  const send = async (from: string, to: string, amount: number, key?: string, at = api) => {
    const { status, headers, body } = await change('POST', `${at.url}/api/transfers`, { from, to, amount }, key)
    return { status, headers, body: JSON.parse(body) }
  }
  const rows = async <Row>(sql: string) =>
    (await Promise.all(shards.shards.map(({ id }) => shards.query<Row>(id, sql)))).flat()
  const balances = async () =>
    Object.fromEntries(
      (await rows<{ user_id: string; balance: string }>('SELECT user_id, balance FROM users')).map((row) => [
        row.user_id,
        Number(row.balance),
      ]),
    )
  const sides = async () =>
    (await rows<{ side: string; state: string }>('SELECT side, state FROM transfers ORDER BY side')).map(
      ({ side, state }) => `${side} ${state}`,
    )
  const sum = async () => Object.values(await balances()).reduce((total, balance) => total + balance, 0)
  const untilNonePends = async () => {
    for (const end = performance.now() + 15_000; ; await sleep(50)) {
      const pending = await rows("SELECT FROM transfers WHERE state = 'pending'")
      if (pending.length === 0) return
      if (performance.now() > end) throw new Error(`${pending.length} transfers are still pending`)
    }
  }

  it.each([
    ['within a shard', 1, 1],
    ['between two shards', 1, 2],
  ])('moves the amount %s, and is known afterwards', async (_, payer, payee) => {
    const [from, to] = [one(payer), one(payee, 1)]
    const made = await send(from, to, 30)
    const shown = payer === payee ? 'shard-1' : 'shard-1,shard-2'
    expect(made).toMatchObject({
      status: 201,
      body: { from, to, amount: 30, state: 'done' },
      headers: { 'x-shard': shown, 'x-db-node': 'shard-1', 'x-lsn': expect.any(String) },
    })
    expect(await balances()).toMatchObject({ [from]: 970, [to]: 1_030 })
    expect(await sides()).toEqual(expect.arrayContaining(['credit done', 'debit done']))
    expect(JSON.parse((await ask(api.url + String(made.headers.location))).body)).toMatchObject(made.body)
  })

  it.each([
    ['within a shard', 1, 1],
    ['between two shards', 1, 2],
  ])('of more than the balance changes nothing %s', async (_, payer, payee) => {
    const refused = await send(one(payer), one(payee, 1), 1_001, 'too-much')
    expect(refused).toMatchObject({ status: 409, headers: { 'x-write-outcome': 'refused' } })
    expect(await send(one(payer), one(payee, 1), 1_001, 'too-much')).toMatchObject({ status: 409 })
    expect(Object.values(await balances())).toEqual(Array(USERS).fill(1_000))
    expect(await sides()).toEqual([])
  })

  it('to or from a user that there is not is none, or is undone', async () => {
    const from = one(1)
    for (const [payer, payee] of [
      [from, nobody(1)],
      [from, nobody(2)],
      [nobody(1), from],
      [nobody(2), from],
    ] as const) {
      const refused = await send(payer, payee, 10, `${payer}-${payee}`)
      expect(refused).toMatchObject({ status: 404, headers: { 'x-write-outcome': 'refused' } })
      expect(refused.body.error).toContain(payer === from ? payee : payer)
      expect((await send(payer, payee, 10, `${payer}-${payee}`)).status).toBe(404)
    }
    expect(Object.values(await balances())).toEqual(Array(USERS).fill(1_000))
    expect((await sides()).sort()).toEqual(['credit refused', 'debit undone'])
    expect(await rows('SELECT status FROM requests')).toEqual(Array(4).fill({ status: 404 }))
  })

  it.each([
    ['within a shard', 1, 1],
    ['between two shards', 1, 2],
  ])('is one, of ten that arrive at once under one key %s and one that comes later', async (_, payer, payee) => {
    const [from, to] = [one(payer), one(payee, 1)]
    const replies = await Promise.all(Array.from({ length: 10 }, () => send(from, to, 5, 'ten')))
    replies.push(await send(from, to, 5, 'ten'))
    expect(new Set(replies.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1)
    expect(replies[0]).toMatchObject({ status: 201, body: { state: 'done' } })
    expect(replies.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1)
    expect(await balances()).toMatchObject({ [from]: 995, [to]: 1_005 })
    expect(await sides()).toHaveLength(2)
  })

  it('takes each of its steps once, however often it is made', async () => {
    const id = '01900000-0000-7000-8000-000000000001'
    const [from, to] = [one(1), one(2)]
    const make = async (shard: string, { text }: Statement, user: string, ...values: Value[]) => {
      const all = [null, Date.now() / 1_000 + 60, slotOfKey(shards.map, user), ...values]
      const answers = await Promise.all(
        [1, 2, 3].map(() => shards.query(shard, text, all).catch((error) => error.code)),
      )
      answers.push(await shards.query(shard, text, all))
      return answers.filter((answer) => answer !== '23505').map(([row]) => row.body)
    }
    await shards.query('shard-1', SHARD_WRITES.debit.text, [
      null,
      Date.now() / 1_000 + 60,
      slotOfKey(shards.map, from),
      ...[from, to, 100, id],
    ])
    expect(new Set(await make('shard-2', TRANSFER_STEPS.credit, to, id, to, from, 100))).toEqual(new Set(['done']))
    expect(await balances()).toMatchObject({ [from]: 900, [to]: 1_100 })
    // not what follows a credit that is done; it shows that an amount is given back once
    await make('shard-1', TRANSFER_STEPS.close, from, id, 'undone')
    await make('shard-1', TRANSFER_STEPS.close, from, id, 'done')
    expect(await balances()).toMatchObject({ [from]: 1_000, [to]: 1_100 })
    expect((await sides()).sort()).toEqual(['credit done', 'debit undone'])
  })

  it('does not block the opposite one', async () => {
    const pairs = [
      [one(1), one(1, 1)],
      [one(1), one(2)],
      [one(2), one(2, 1)],
    ] as const
    const replies = await Promise.all(
      pairs.flatMap(([a, b]) => Array.from({ length: 40 }, (_, i) => (i % 2 ? send(a, b, 1) : send(b, a, 1)))),
    )
    expect(replies.filter(({ status }) => status !== 201)).toEqual([])
    expect(Object.values(await balances())).toEqual(Array(USERS).fill(1_000))
    for (const { id } of shards.shards) expect(shards.log(id)).not.toContain('deadlock')
  })

  it('is brought to its end by another instance when one is killed, at whatever moment', async () => {
    const random = seededRandom(4)
    const pick = () => all[Math.floor(random() * USERS)] ?? ''
    let leftPending = 0
    let made = 0
    for (let kill = 0; kill < KILLS; kill++) {
      // each step takes a while, so that the end comes between two of them
      const doomed = await startShardsApi(program, folder.path, { ...shards.file, query_ms: 15 })
      let ended = false
      const before = made
      const clients = Array.from({ length: 8 }, async (_, c) => {
        for (let i = 0; !ended; i++) {
          const [from, to] = [pick(), i % 9 === 0 ? nobody(2) : pick()]
          if (from === to) continue
          const reply = await send(from, to, 1 + (i % 40), `kill-${kill}-${c}-${i}`, doomed).catch(() => undefined)
          if (reply?.status === 201) made++
        }
      })
      while (made === before) await sleep(5)
      await sleep(random() * 150)
      ended = true
      await doomed.kill()
      await Promise.all(clients)
      leftPending += (await rows("SELECT FROM transfers WHERE state = 'pending'")).length
    }
    expect(made).toBeGreaterThanOrEqual(KILLS)
    expect(leftPending).toBeGreaterThan(0) // the test can tell
    await untilNonePends()
    expect(await sum()).toBe(USERS * 1_000)
    const done = await rows<{ n: string }>(
      "SELECT count(*) AS n FROM transfers WHERE side = 'debit' AND state = 'done'",
    )
    expect(done.reduce((total, { n }) => total + Number(n), 0)).toBeGreaterThanOrEqual(made)
    const undone = await rows("SELECT FROM transfers WHERE side = 'debit' AND state = 'undone'")
    const failed = await rows("SELECT FROM requests WHERE status = 404 AND kind = 'transfer'")
    expect(failed.length).toBe(undone.length + (await nobodyWithin()))
  }, 60_000)

  /** Requests for a payee that is none, on the payee's own shard: refused in one transaction, without a transfer. */
  const nobodyWithin = async () =>
    (
      await shards.query(
        'shard-2',
        'SELECT FROM requests WHERE status = 404 AND entity NOT IN (SELECT transfer_id::text FROM transfers)',
      )
    ).length

  it('is accepted while the shard of the payee is away, and done when it is back', async () => {
    const hasty = await startShardsApi(program, folder.path, shards.file, { WRITE_PATIENCE_MS: '600' })
    const [from, to] = [one(1), one(2)]
    await shards.signal('shard-2', 'SIGKILL')
    try {
      const accepted = await send(from, to, 70, 'away', hasty)
      expect(accepted).toMatchObject({ status: 202, body: { from, to, amount: 70, state: 'pending' } })
      const [payer] = await shards.query<{ balance: string }>(
        'shard-1',
        'SELECT balance FROM users WHERE user_id = $1',
        [from],
      )
      expect(Number(payer?.balance)).toBe(930)
      const refused = await send(to, from, 1, undefined, hasty)
      expect(refused).toMatchObject({ status: 503, headers: { 'x-write-outcome': 'refused', 'x-shard': 'shard-2' } })
    } finally {
      await hasty.kill()
      await shards.restart('shard-2')
    }
    await untilNonePends()
    expect(await balances()).toMatchObject({ [from]: 930, [to]: 1_070 })
    expect(await send(from, to, 70, 'away')).toMatchObject({ status: 201, body: { state: 'done' } })
    expect(await sum()).toBe(USERS * 1_000)
  }, 60_000)
})

import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresMissing } from '../nodes/api/testing/postgres-binaries.js'
import { audit, remainderOf } from './audit.js'
import { catchUp } from './catch-up.js'
import { copySlots } from './copy.js'
import { dropRows } from './drop.js'
import { Fleet } from './fleet.js'
import { gaveWay, Shard } from './shard.js'
import { countShards } from './shard-count.js'
import { arrive, giveAway, hold, leave, letGo, stay, take, written } from './slot-states.js'
import { MOVED_TABLES, SERVED } from './tables.js'
import { differenceOf, tallyOf } from './tally.js'
import { movedMap } from './target.js'
import { controlOf } from './testing/request.js'
import { startShards, type TestShards } from './testing/test-shards.js'
import { Throttle } from './throttle.js'

const SLOTS = Array.from({ length: 400 }, (_, index) => 3 * index)

describe.skipIf(postgresMissing() !== undefined)('slots of two shards', () => {
  let shards: TestShards
  let from: Shard
  let to: Shard
  let writer: pg.Client
  beforeAll(async () => {
    shards = await startShards({ shards: 3, rows: 3_000 })
    from = new Shard(shards.endpoint('shard-1'), 'move')
    to = new Shard(shards.endpoint('shard-2'), 'move')
    const { id: _, ...login } = shards.endpoint('shard-1')
    writer = new pg.Client(login)
    await writer.connect()
  }, 60_000)
  afterAll(async () => {
    await writer?.end()
    from?.close()
    to?.close()
    await shards?.stop()
  })

  const begin = async (): Promise<void> => {
    await stay(from)
    await leave(from, SLOTS)
  }
  const states = async (): Promise<Record<string, number>> => {
    const { slots } = await from.state()
    return Object.fromEntries(['here', 'leaving', 'held'].map((state) => [state, slots[state as 'here'].length]))
  }
  /** Rows that the two serve, by table. */
  const rowsServed = async (): Promise<number[]> => {
    const counts = MOVED_TABLES.map(
      ({ name }) => `(SELECT count(*) FROM ${name} JOIN slots USING (slot) WHERE slots.state IN ${SERVED})::integer`,
    )
    const sql = `SELECT ARRAY[${counts.join(', ')}] AS rows`
    const [one, other] = [
      await from.one<{ rows: number[] }>(sql, [], 5_000),
      await to.one<{ rows: number[] }>(sql, [], 5_000),
    ]
    return one.rows.map((rows, index) => rows + (other.rows[index] ?? 0))
  }
  const next = () => written(movedMap(shards.map, SLOTS, 'shard-2'))
  const all = { here: 5_462 - SLOTS.length, leaving: 0, held: 0 }

  it('are not given away once the lease is past, nor under another hold', async () => {
    await begin()
    const past = await hold(from, SLOTS, 50)
    await sleep(60)
    expect(await giveAway(from, SLOTS, past, next(), 2_000)).toBe(false)
    expect(await states()).toEqual({ ...all, held: 400 })
    const again = await hold(from, SLOTS, 60_000)
    expect(await giveAway(from, SLOTS, past, next(), 2_000)).toBe(false)
    await letGo(from, SLOTS, past)
    expect(await states()).toEqual({ ...all, held: 400 })
    await letGo(from, SLOTS.slice(1), again)
    expect(await giveAway(from, SLOTS, again, next(), 2_000)).toBe(false)
    expect((await from.map()).version).toBe(1)
    expect(await states()).toEqual({ ...all, leaving: 399, held: 1 })
  })

  it('are not given away when somebody writes after the lease, while the switch waits for a lock', async () => {
    await begin()
    const held = await hold(from, SLOTS, 300)
    await writer.query('BEGIN')
    await writer.query('SELECT FROM slots WHERE slot = ANY($1::smallint[]) FOR SHARE', [SLOTS])
    const switched = giveAway(from, SLOTS, held, next(), 2_000).catch(gaveWay)
    await sleep(320)
    const { rowCount } = await writer.query("UPDATE users SET name = 'late' WHERE slot = ANY($1::smallint[])", [SLOTS])
    await writer.query('COMMIT')
    expect(rowCount).toBeGreaterThan(0)
    // Where the lock took too long it gave way, which is no switch either.
    await switched
    expect(await states()).toEqual({ ...all, held: 400 })
    expect((await from.map()).version).toBe(1)
  })

  it('wait for those who write, but not for ever', async () => {
    await begin()
    await writer.query('BEGIN')
    await writer.query('SELECT FROM slots WHERE slot = 0 FOR SHARE')
    const error = await hold(from, SLOTS, 2_000).catch((reason: unknown) => reason)
    await writer.query('ROLLBACK')
    expect(gaveWay(error)).toBe(true)
    expect(await states()).toEqual({ ...all, leaving: 400 })
  })

  it('are copied, caught up with, compared, switched and dropped', async () => {
    await begin()
    const served = await rowsServed()
    await arrive(to, SLOTS)
    let copied = 0
    const signal = new AbortController().signal
    const onRows = (rows: number): void => {
      copied += rows
    }
    await copySlots(from, to, SLOTS, { chunkRows: 7, throttle: new Throttle(null), signal, onRows })
    const rows = (await tallyOf(from, SLOTS, 5_000)).reduce((sum, tally) => sum + tally.rows, 0)
    expect(copied).toBe(rows)
    expect(rows).toBeGreaterThan(100)
    expect(differenceOf(await tallyOf(from, SLOTS, 5_000), await tallyOf(to, SLOTS, 5_000))).toBe(null)

    // A row that is new, one that changes twice, one that goes, and one that is named strangely.
    const [one, two] = (await writer.query('SELECT user_id, slot FROM users WHERE slot = ANY($1) ORDER BY 1', [SLOTS]))
      .rows
    await writer.query('UPDATE users SET name = \'a\', data = \'{"q": "\\\\ \\" , ( { é"}\' WHERE user_id = $1', [
      one.user_id,
    ])
    await writer.query('UPDATE users SET name = \'b, "(c)" \\ é\' WHERE user_id = $1', [one.user_id])
    await writer.query('DELETE FROM orders WHERE user_id = $1', [two.user_id])
    await writer.query("INSERT INTO requests VALUES ('k''\"{},\\', $1, 'test', NULL, 200)", [two.slot])
    await writer.query(
      `INSERT INTO transfers SELECT gen_random_uuid(), side, $1, $2, 'x', 1, 'pending' FROM (VALUES ('debit'), ('credit')) AS s (side)`,
      [two.slot, two.user_id],
    )
    const source = await tallyOf(from, SLOTS, 5_000)
    expect(differenceOf(source, await tallyOf(to, SLOTS, 5_000))).toMatch(/^users: .* checksums differ$/)
    expect(await catchUp(from, to, SLOTS, 5_000)).toBe(6)
    expect(await catchUp(from, to, SLOTS, 5_000)).toBe(0)
    expect(differenceOf(source, await tallyOf(to, SLOTS, 5_000))).toBe(null)

    // Neither the copy nor the rows that are served are dropped while this is so.
    expect(await dropRows(from, 'away', SLOTS)).toBe(0)
    expect(await dropRows(to, 'away')).toBe(0)
    const held = await hold(from, SLOTS, 60_000)
    await expect(writer.query('UPDATE users SET name = name WHERE user_id = $1', [one.user_id])).rejects.toMatchObject({
      code: 'SL423',
    })
    expect(await giveAway(from, SLOTS, held, next(), 2_000)).toBe(true)
    await expect(writer.query('UPDATE users SET name = name WHERE user_id = $1', [one.user_id])).rejects.toMatchObject({
      code: 'SL421',
    })
    await take(to, SLOTS, next())
    const fleet = await Fleet.of(controlOf(shards))
    try {
      expect(await audit(fleet)).toMatchObject({ misplaced: rows + 2, duplicated: 0, misowned: 0, agreed: false })
      expect(await dropRows(from, 'away')).toBe(rows + 2)
      await fleet.shard('shard-3').learn(await to.map())
      expect(await audit(fleet)).toMatchObject({
        misplaced: 0,
        misslotted: 0,
        misowned: 0,
        mapVersion: 2,
        agreed: true,
      })
      expect(await remainderOf(fleet, 'shard-1')).toMatch(/slots by the map/)
      const { counts } = await countShards(fleet)
      expect(counts.reduce((sum, { keys }) => sum + keys, 0)).toBe(3_000)
      expect(counts.map(({ slots }) => slots)).toEqual([5_462 - 400, 5_461 + 400, 5_461])
      expect(await rowsServed()).toEqual(served.map((rows, index) => rows + ([0, -1, 2, 1][index] ?? 0)))
    } finally {
      fleet.close()
    }
  })

  it('are found when they are where they should not be', async () => {
    const [twice] = await shards.query<{ user_id: string; slot: number }>(
      'shard-2',
      'SELECT user_id, slot FROM users WHERE slot % 3 = 1 LIMIT 1',
    )
    await shards.query('shard-3', "UPDATE slots SET state = 'here' WHERE slot = $1", [twice?.slot])
    await shards.query('shard-3', "INSERT INTO users (user_id, slot, name, balance) VALUES ($1, $2, 'x', 0)", [
      twice?.user_id,
      twice?.slot,
    ])
    await shards.query('shard-3', "INSERT INTO users (user_id, slot, name, balance) VALUES ('{a}b', $1, 'x', 0)", [
      twice?.slot,
    ])
    const fleet = await Fleet.of(controlOf(shards))
    try {
      expect(await audit(fleet)).toMatchObject({ misslotted: 1, duplicated: 1, misowned: 1 })
    } finally {
      fleet.close()
    }
  })
})

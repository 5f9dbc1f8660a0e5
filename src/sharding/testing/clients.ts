import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect } from 'vitest'
import { seededRandom } from '../../core/random.js'
import { decodeOwners, type ShardMap } from '../../core/shard-map.js'
import { slotOfKey } from '../../strategies/sharding/keying.js'
import { SERVED } from '../tables.js'
import type { TestShards } from './test-shards.js'

interface Place extends Record<string, unknown> {
  state: string
  locked: boolean
  body: ShardMap | null
  done: number
}

/** Who may write, by the contract of a shard: whoever serves the slot, unless it is held. */
const PLACE = `place AS MATERIALIZED (
  SELECT state, coalesce(state = 'held' AND held_until > clock_timestamp(), false) AS locked FROM slots WHERE slot = $1 FOR SHARE
), fit AS MATERIALIZED (SELECT FROM place WHERE state IN ${SERVED} AND NOT locked)`
/** A newer map comes with the answer. */
const NEWER = '(SELECT body FROM shard_map WHERE version > $4) AS body'
const ANSWER = `SELECT state, locked, ${NEWER}`

const KINDS = ['order', 'register', 'cancel', 'transfer'] as const

/**
 * Clients that write and read shards as API instances do: with a map of their own that may be old, over SQL, each write
 * under a key so that it can be tried again until it is acknowledged. They note what they did and what they saw.
 */
export class Clients {
  /** Acknowledged, by key: what was written. */
  readonly acknowledged = new Map<string, { kind: (typeof KINDS)[number]; user: string }>()
  readonly wrong: string[] = []
  /** The longest that one write took, in milliseconds, until it was acknowledged. */
  longestMs = 0
  /** How long each write took. */
  readonly writeMs: number[] = []
  gathered = 0
  private map: ShardMap
  private ended = false
  private readonly pools = new Map<string, pg.Pool>()
  private readonly working: Promise<void>[] = []

  constructor(
    private readonly shards: TestShards,
    private readonly users: number,
    private readonly seed: number,
  ) {
    this.map = shards.map
  }

  /** @param pauseMs between two requests of one of them */
  start(writers: number, readers: number, pauseMs: number): void {
    for (let n = 0; n < writers; n++) this.working.push(this.write(n, pauseMs))
    for (let n = 0; n < readers; n++) this.working.push(this.read(pauseMs))
  }

  /** Lets them finish what they are at. */
  async end(): Promise<void> {
    this.ended = true
    await Promise.all(this.working)
    await Promise.all([...this.pools.values()].map((pool) => pool.end().catch(() => undefined)))
  }

  /** Each acknowledged write is there exactly once, and nothing else is: every shard is asked for what it serves. */
  async check(): Promise<void> {
    const served = async <Row>(sql: string): Promise<Row[]> =>
      (await Promise.all(this.shards.shards.map(({ id }) => this.shards.query<Row>(id, sql)))).flat()
    const where = `JOIN slots USING (slot) WHERE slots.state IN ${SERVED}`
    const requests = await served<{ request_key: string }>(`SELECT request_key FROM requests ${where}`)
    expect(requests.map((row) => row.request_key).toSorted()).toEqual([...this.acknowledged.keys()].toSorted())
    const keysOf = (kind: string): string[] =>
      [...this.acknowledged].flatMap(([key, value]) => (value.kind === kind ? [key] : [])).toSorted()
    const orders = await served<{ request_key: string }>(
      `SELECT request_key FROM orders ${where} AND request_key IS NOT NULL`,
    )
    const cancelled = new Set(keysOf('cancel').map((key) => key.replace('cancel', 'order')))
    expect(orders.map((row) => row.request_key).toSorted()).toEqual(
      keysOf('order').filter((key) => !cancelled.has(key)),
    )
    const transfers = await served<{ peer: string }>(`SELECT peer FROM transfers ${where}`)
    expect(transfers.map(({ peer }) => peer).toSorted()).toEqual(keysOf('transfer'))
    const versions = await served<{ user_id: string; version: string }>(`SELECT user_id, version FROM users ${where}`)
    expect(versions).toHaveLength(this.users)
    const registered = new Map<string, number>()
    for (const { kind, user } of this.acknowledged.values()) {
      if (kind === 'register') registered.set(user, (registered.get(user) ?? 0) + 1)
    }
    expect(versions.filter(({ user_id, version }) => Number(version) !== (registered.get(user_id) ?? 0))).toEqual([])
    expect(this.wrong).toEqual([])
  }

  private async write(writer: number, pauseMs: number): Promise<void> {
    const random = seededRandom(this.seed * 1_000 + writer)
    const ordered: { key: string; user: string }[] = []
    for (let n = 0; !this.ended; n++) {
      let kind = KINDS[Math.floor(random() * KINDS.length)] ?? 'order'
      let user = `user-${String(1 + Math.floor(random() * this.users)).padStart(6, '0')}`
      let key = `${kind}-${this.seed}-${writer}-${n}`
      if (kind === 'cancel') {
        const last = ordered.pop()
        if (last === undefined) kind = 'order'
        else ({ user } = last)
        key = last === undefined ? `order-${this.seed}-${writer}-${n}` : last.key.replace('order', 'cancel')
      }
      await this.acknowledgedWrite(kind, key, user)
      if (kind === 'order') ordered.push({ key, user })
      await sleep(pauseMs * 2 * random())
    }
  }

  private async acknowledgedWrite(kind: (typeof KINDS)[number], key: string, user: string): Promise<void> {
    const from = performance.now()
    const effect = {
      order: `INSERT INTO orders (order_id, slot, request_key, user_id, product_id, quantity, amount)
        SELECT gen_random_uuid(), $1, $2, $3, 'ECO-000001', 1, 1 FROM request`,
      register: `UPDATE users SET version = version + 1, data = jsonb_build_object('by', $2), updated_at = clock_timestamp()
        WHERE user_id = $3 AND EXISTS (SELECT FROM request)`,
      cancel: `DELETE FROM orders WHERE user_id = $3 AND request_key = replace($2, 'cancel', 'order') AND EXISTS (SELECT FROM request)`,
      transfer: `INSERT INTO transfers (transfer_id, side, slot, user_id, peer, amount, state)
        SELECT gen_random_uuid(), 'debit', $1, $3, $2, 1, 'pending' FROM request`,
    }[kind]
    const sql = `WITH ${PLACE}, request AS (
  INSERT INTO requests (request_key, slot, kind, status) SELECT $2, $1, '${kind}', 201 FROM fit
  ON CONFLICT DO NOTHING RETURNING 1
), effect AS (${effect} RETURNING 1)
${ANSWER}, (SELECT count(*)::integer FROM effect) AS done FROM place`
      .replaceAll('$1', '$1::smallint')
      .replaceAll('$2', '$2::text')
      .replaceAll('$3', '$3::text')
      .replaceAll('$4', '$4::bigint')
    const slot = slotOfKey(this.map, user)
    while (true) {
      try {
        const [place] = await this.ask<Place>(this.owner(slot), sql, [slot, key, user, this.map.version])
        if (place !== undefined) {
          this.learn(place.body)
          if (['here', 'leaving', 'held'].includes(place.state) && !place.locked) {
            // A repetition of what was done, and not heard of, does nothing.
            this.acknowledged.set(key, { kind, user })
            const took = performance.now() - from
            this.longestMs = Math.max(this.longestMs, took)
            this.writeMs.push(took)
            return
          }
        }
      } catch (error) {
        const { code } = error as { code?: string }
        if (code?.startsWith('23') || code?.startsWith('42')) {
          this.wrong.push(`${key}: ${error}`)
          return
        }
        await this.learnFromAny()
      }
      await sleep(5)
    }
  }

  /** A listing is right when all shards answered from the same map version: then every user is there exactly once. */
  private async read(pauseMs: number): Promise<void> {
    while (!this.ended) {
      await sleep(pauseMs)
      try {
        const { map } = this
        const seen = await Promise.all(
          map.shards.map(({ id }) =>
            this.ask<{ version: string; users: number; body: ShardMap | null }>(
              id,
              `SELECT version, CASE WHEN version > $1::bigint THEN body END AS body, (SELECT count(*)::integer FROM users JOIN slots USING (slot) WHERE state IN ${SERVED}) AS users FROM shard_map`,
              [map.version],
            ),
          ),
        )
        const rows = seen.flat()
        for (const { body } of rows) this.learn(body)
        if (rows.some(({ version }) => Number(version) !== map.version)) continue
        const users = rows.reduce((sum, row) => sum + row.users, 0)
        if (users !== this.users) this.wrong.push(`a listing of map ${map.version} has ${users} users`)
        this.gathered += 1
      } catch {
        await this.learnFromAny()
      }
    }
  }

  private owner(slot: number): string {
    return this.map.shards[decodeOwners(this.map.owners)[slot] ?? 0]?.id ?? ''
  }

  private learn(map: ShardMap | null): void {
    if (map !== null && map.version > this.map.version) this.map = map
  }

  private async learnFromAny(): Promise<void> {
    await Promise.all(
      this.map.shards.map(async ({ id }) => {
        const found = await this.ask<{ body: ShardMap }>(id, 'SELECT body FROM shard_map', []).catch(() => [])
        for (const { body } of found) this.learn(body)
      }),
    )
  }

  private async ask<Row extends Record<string, unknown>>(id: string, sql: string, values: unknown[]): Promise<Row[]> {
    let pool = this.pools.get(id)
    if (pool === undefined) {
      pool = new pg.Pool({ ...this.shards.endpoint(id), max: 8, connectionTimeoutMillis: 1_000, query_timeout: 3_000 })
      pool.on('error', () => undefined)
      this.pools.set(id, pool)
    }
    return (await pool.query<Row>(sql, values)).rows
  }
}

import type { ShardMap } from '../core/shard-map.js'
import type { Fleet } from './fleet.js'
import { newest } from './put-right.js'
import type { Shard } from './shard.js'
import { MOVED_TABLES, SERVED } from './tables.js'
import { ownerIds } from './target.js'

/** Reads whole tables, in milliseconds. */
const AUDIT_MS = 120_000

/** Whether every row is where it belongs; to be asked when no rows move. */
export interface Audit {
  /** Rows on a shard that does not serve their slot. */
  misplaced: number
  /** Users, orders and transfers whose slot is not that of their user. Requests do not name theirs. */
  misslotted: number
  /** Users that more than one shard serves. */
  duplicated: number
  /** Slots that no shard serves, or several, or another than the newest map says. */
  misowned: number
  /** Highest map version, and whether all shards have it. */
  mapVersion: number
  agreed: boolean
}

/** Holds all shards against the newest map, by SQL. @throws ShardAway */
export async function audit(fleet: Fleet): Promise<Audit> {
  const states = await fleet.each(async (shard) => ({ id: shard.id, ...(await shard.state()) }))
  const map = newest(states)
  const found = await fleet.each((shard) => rowsOf(shard, map))
  const servers = ownerIds(map).map((owner) => ({ owner, ids: [] as string[] }))
  for (const { id, slots } of states) {
    for (const slot of [...slots.here, ...slots.leaving, ...slots.held]) servers[slot]?.ids.push(id)
  }
  return {
    misplaced: found.reduce((sum, { misplaced }) => sum + misplaced, 0),
    misslotted: found.reduce((sum, { misslotted }) => sum + misslotted, 0),
    duplicated: repeated(found.map(({ users }) => users)),
    misowned: servers.filter(({ owner, ids }) => ids.length !== 1 || ids[0] !== owner).length,
    mapVersion: map.version,
    agreed: states.every((state) => state.map.version === map.version),
  }
}

/**
 * Whether a shard has nothing, and may go: it serves no slot, no map slot is its own, no row is left.
 * @returns what it still has, in words; null when it is empty
 */
export async function remainderOf(fleet: Fleet, id: string): Promise<string | null> {
  const map = newest(await fleet.each((shard) => shard.state()))
  const owned = ownerIds(map).filter((owner) => owner === id).length
  if (owned > 0) return `${owned} slots by the map`
  const shard = fleet.shard(id)
  const { slots } = await shard.state()
  const served = 16_384 - slots.away.length
  if (served > 0) return `${served} slots that are not away`
  for (const { name } of MOVED_TABLES) {
    const { n } = await shard.one<{ n: number }>(`SELECT count(*)::integer AS n FROM ${name}`, [], AUDIT_MS)
    if (n > 0) return `${n} rows of ${name}`
  }
  return null
}

async function rowsOf(shard: Shard, map: ShardMap) {
  const { misplaced } = await shard.one<{ misplaced: number }>(MISPLACED, [], AUDIT_MS)
  const { misslotted } = await shard.one<{ misslotted: number }>(MISSLOTTED, [map.keying, map.span], AUDIT_MS)
  const { users } = await shard.one<{ users: string[] }>(USERS, [], AUDIT_MS)
  return { misplaced, misslotted, users }
}

const MISPLACED = `SELECT (${MOVED_TABLES.map(
  ({ name }) =>
    `(SELECT count(*) FROM ${name} WHERE NOT EXISTS (SELECT FROM slots WHERE slots.slot = ${name}.slot AND slots.state IN ${SERVED}))`,
).join(' + ')})::integer AS misplaced`

/** The slot is computed once per user, since that is slow. */
const MISSLOTTED = `WITH placed AS (
  ${['users', 'orders', 'transfers'].map((name) => `SELECT user_id, slot FROM ${name}`).join(' UNION ALL ')}
), grouped AS MATERIALIZED (SELECT user_id, slot, count(*) AS n FROM placed GROUP BY user_id, slot)
SELECT coalesce(sum(n), 0)::integer AS misslotted FROM grouped WHERE slot <> slot_of(user_id, $1, $2)`

const USERS = `SELECT ARRAY(SELECT user_id FROM users JOIN slots USING (slot) WHERE state IN ${SERVED}) AS users`

/** How many are in more than one of the lists. */
function repeated(lists: readonly string[][]): number {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const user of lists.flat()) (seen.has(user) ? twice : seen).add(user)
  return twice.size
}

import type { ShardCount } from '../core/sharding.js'
import type { Fleet } from './fleet.js'
import type { Shard } from './shard.js'
import { MOVED_TABLES, SERVED } from './tables.js'

/** Counting reads whole tables, in milliseconds. */
const COUNT_MS = 60_000

const COUNT = `WITH served AS MATERIALIZED (SELECT slot FROM slots WHERE state IN ${SERVED})
SELECT (SELECT count(*)::integer FROM served) AS slots, pg_database_size(current_database())::text AS bytes,
  ${MOVED_TABLES.map(
    ({ name }) => `(SELECT count(*)::integer FROM ${name} WHERE slot IN (SELECT slot FROM served)) AS ${name}`,
  ).join(',\n  ')}`

interface Counted extends Record<string, unknown> {
  slots: number
  bytes: string
  users: number
}

/** What a shard serves, by table; bytes: of its whole database on disk. */
export async function countShard(
  shard: Shard,
): Promise<{ count: ShardCount; tables: { table: string; rows: number }[] }> {
  const row = await shard.one<Counted>(COUNT, [], COUNT_MS)
  const tables = MOVED_TABLES.map(({ name }) => ({ table: name, rows: Number(row[name]) }))
  return {
    count: {
      id: shard.id,
      slots: row.slots,
      keys: row.users,
      rows: tables.reduce((sum, { rows }) => sum + rows, 0),
      bytes: Number(row.bytes),
    },
    tables,
  }
}

/** Every shard's count, and the rows of all together. @throws ShardAway */
export async function countShards(
  fleet: Fleet,
): Promise<{ counts: ShardCount[]; tables: { table: string; rows: number }[] }> {
  const counted = await fleet.each(countShard)
  return {
    counts: counted.map(({ count }) => count),
    tables: MOVED_TABLES.map(({ name }, index) => ({
      table: name,
      rows: counted.reduce((sum, { tables }) => sum + (tables[index]?.rows ?? 0), 0),
    })),
  }
}

/** Users, rows and octets of rows as text, by slot; of the slots that a shard serves. */
export interface SlotCount {
  slot: number
  keys: number
  rows: number
  bytes: number
}

const BY_SLOT = `SELECT slot::integer, sum(users)::integer AS keys, sum(rows)::integer AS rows, sum(bytes)::integer AS bytes FROM (
  ${MOVED_TABLES.map(
    ({
      name,
    }) => `SELECT t.slot, ${name === 'users' ? 'count(*)' : '0'} AS users, count(*) AS rows, sum(octet_length(t::text)) AS bytes
  FROM ${name} AS t GROUP BY t.slot`,
  ).join(' UNION ALL\n  ')}
) AS c JOIN slots USING (slot) WHERE state IN ${SERVED} GROUP BY slot`

export async function countSlots(shard: Shard): Promise<SlotCount[]> {
  return shard.ask<SlotCount & Record<string, unknown>>(BY_SLOT, [], COUNT_MS)
}

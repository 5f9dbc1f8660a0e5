import type { Fleet } from './fleet.js'
import { SERVED } from './tables.js'

/** Reads whole tables, in milliseconds. */
const READ_BACK_MS = 60_000

/** Idempotency keys of one table on one shard; of slots that it serves, so that what has moved counts once. */
const keysIn = (table: string, where: string): string => `SELECT request_key FROM ${table} JOIN slots USING (slot)
WHERE slots.state IN ${SERVED} AND request_key LIKE $1${where}`

/**
 * What the shards hold of the writes whose idempotency keys begin like this: all that took effect, and those that are
 * there twice, be it on two shards or as two orders.
 * @throws ShardAway
 */
export async function writtenOn(fleet: Fleet, prefix: string): Promise<{ ids: Set<string>; duplicated: string[] }> {
  const like = `${prefix.replaceAll(/[\\%_]/g, '\\$&')}%`
  const keys = async (sql: string): Promise<string[]> => {
    const found = await fleet.each((shard) => shard.ask<{ request_key: string }>(sql, [like], READ_BACK_MS))
    return found.flat().map(({ request_key }) => request_key)
  }
  const answered = await keys(keysIn('requests', ' AND status < 400'))
  const ordered = await keys(keysIn('orders', ''))
  return { ids: new Set(answered), duplicated: [...new Set([...repeated(answered), ...repeated(ordered)])] }
}

function repeated(keys: readonly string[]): string[] {
  const seen = new Set<string>()
  return keys.filter((key) => seen.has(key) || !seen.add(key))
}

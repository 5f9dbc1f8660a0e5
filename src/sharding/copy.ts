import { runError } from '../core/errors.js'
import type { Shard } from './shard.js'
import { MOVED_TABLES, type MovedTable } from './tables.js'
import type { Throttle } from './throttle.js'

/** A chunk may take so long on a busy machine, in milliseconds. */
const CHUNK_MS = 5_000

/** Rows cross as the text of an array of rows, as PostgreSQL writes and reads it: nothing here looks inside. */
interface Chunk extends Record<string, unknown> {
  rows: string | null
  count: number
  last_slot: number | null
  last_key: string | null
}

export interface CopyOptions {
  chunkRows: number
  throttle: Throttle
  signal: AbortSignal
  /** After every chunk, with its rows. */
  onRows: (rows: number) => void
}

/**
 * Copies all rows of these slots, table by table, in the order of slot and key, a chunk at a time. The target must have
 * none of them yet. Rows that change meanwhile are for who reads `changes`.
 * @throws the abort reason, between two chunks
 */
export async function copySlots(
  from: Shard,
  to: Shard,
  slots: readonly number[],
  { chunkRows, throttle, signal, onRows }: CopyOptions,
): Promise<void> {
  const limit = throttle.chunk(chunkRows)
  for (const table of MOVED_TABLES) {
    let [slot, key] = [-1, '']
    while (true) {
      signal.throwIfAborted()
      const chunk = await from.one<Chunk>(readChunk(table), [slots, slot, key, limit], CHUNK_MS)
      if (chunk.rows === null || chunk.last_slot === null || chunk.last_key === null) break
      await to.ask(insertInto(table), [chunk.rows], CHUNK_MS).catch((error: unknown) => {
        throw conflict(error, from.id, to.id) ?? error
      })
      onRows(chunk.count)
      await throttle.copied(chunk.count, signal)
      if (chunk.count < limit) break
      slot = chunk.last_slot
      key = chunk.last_key
    }
  }
}

/** A row that cannot be where another one is: the same idempotency key, say, of users on two shards. */
function conflict(error: unknown, from: string, to: string): Error | null {
  const { code, table, detail } = error as { code?: string; table?: string; detail?: string }
  // unique_violation
  if (code !== '23505') return null
  return runError(
    `a row of ${table} on ${from} cannot move to ${to}, where another one has its place: ${detail}`,
    'Nothing was dropped, and the rows stay where they were',
  )
}

/** From the row after this slot and key on. The order within a slot is sorted as it is read: slots have few rows. */
function readChunk({ name, key }: MovedTable): string {
  return `SELECT array_agg(c.t)::text AS rows, count(*)::integer AS count, max(c.slot)::integer AS last_slot,
  (array_agg(c.key ORDER BY c.slot DESC, c.key DESC))[1] AS last_key
FROM (
  SELECT t, t.slot AS slot, ${key} AS key FROM ${name} AS t
  WHERE t.slot = ANY($1::smallint[]) AND t.slot >= $2 AND (t.slot > $2 OR ${key} > $3)
  ORDER BY t.slot, ${key} LIMIT $4
) AS c`
}

/** @returns a statement whose one parameter is the text of an array of rows, or NULL for none */
export function insertInto({ name }: MovedTable, parameter = 1): string {
  return `INSERT INTO ${name} SELECT * FROM unnest($${parameter}::${name}[])`
}

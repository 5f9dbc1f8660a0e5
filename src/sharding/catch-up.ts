import { insertInto } from './copy.js'
import type { Shard } from './shard.js'
import { MOVED_TABLES } from './tables.js'

/**
 * Takes the changes of these slots that the source has noted, and brings the target's rows to what they are now: one
 * statement reads both, so no change falls between. What was taken is gone from `changes`: after a failure the copy has
 * to begin anew.
 * @returns how many changes there were
 */
export async function catchUp(from: Shard, to: Shard, slots: readonly number[], timeoutMs: number): Promise<number> {
  const noted = await from.one<Noted>(TAKE, [slots], timeoutMs)
  if (noted.changes === 0) return 0
  const keys = MOVED_TABLES.map(({ name }) => noted[`${name}_keys`])
  const rows = MOVED_TABLES.map(({ name }) => noted[`${name}_rows`])
  await to.ask(REMOVE, [noted.slots, ...keys], timeoutMs)
  if (rows.some((text) => text !== null)) await to.ask(INSERT, rows, timeoutMs)
  return noted.changes
}

interface Noted extends Record<string, unknown> {
  changes: number
  slots: number[] | null
}

const keysOf = (name: string): string => `ARRAY(SELECT DISTINCT key FROM noted WHERE relation = '${name}')`

/** Rows of a key that is in `keys` by chance, under another noted slot, do no harm: they are removed and inserted alike. */
const TAKE = `WITH noted AS MATERIALIZED (
  DELETE FROM changes WHERE slot = ANY($1::smallint[]) RETURNING slot, relation, key
)
SELECT (SELECT count(*)::integer FROM noted) AS changes, ARRAY(SELECT DISTINCT slot FROM noted) AS slots, ${MOVED_TABLES.map(
  ({ name, key }) => `
  ${keysOf(name)} AS ${name}_keys,
  (SELECT array_agg(t)::text FROM ${name} AS t
    WHERE t.slot = ANY(ARRAY(SELECT DISTINCT slot FROM noted)) AND ${key} = ANY(${keysOf(name)})) AS ${name}_rows`,
).join(',')}`

/** One after the other, since a statement that does both may insert first. */
const REMOVE = `WITH ${MOVED_TABLES.map(
  ({ name, key }, index) =>
    `${name}_gone AS (DELETE FROM ${name} AS t WHERE t.slot = ANY($1::smallint[]) AND ${key} = ANY($${index + 2}::text[]))`,
).join(', ')} SELECT`

const INSERT = `WITH ${MOVED_TABLES.map((table, index) => `${table.name}_new AS (${insertInto(table, index + 1)})`).join(', ')} SELECT`

import type { Tally } from '../core/sharding.js'
import type { Shard } from './shard.js'
import { MOVED_TABLES } from './tables.js'

/** Rows, and their size as text, in octets. */
export interface SizedTally extends Tally {
  bytes: number
}

/** Rows and checksum of each table over some slots. */
export async function tallyOf(shard: Shard, slots: readonly number[], timeoutMs: number): Promise<SizedTally[]> {
  return sized(await shard.ask<Row>(tallies('WHERE t.slot = ANY($1::smallint[])'), [slots], timeoutMs))
}

/** What differs, in words; null when nothing does. */
export function differenceOf(a: readonly Tally[], b: readonly Tally[]): string | null {
  for (const { table, rows, checksum } of a) {
    const other = b.find((tally) => tally.table === table)
    if (other === undefined || other.rows !== rows) return `${table}: ${rows} rows there and ${other?.rows ?? 0} here`
    if (other.checksum !== checksum) return `${table}: ${rows} rows on both sides, and their checksums differ`
  }
  return null
}

interface Row extends Record<string, unknown> {
  table: string
  rows: number
  checksum: string
  bytes: string
}

function sized(rows: readonly Row[]): SizedTally[] {
  return rows.map(({ bytes, ...tally }) => ({ ...tally, bytes: Number(bytes) }))
}

/** OFFSET 0: the text of a row is made once, for all three. */
function tallies(where: string): string {
  return MOVED_TABLES.map(
    ({ name }) => `SELECT '${name}' AS table, count(*)::integer AS rows,
  coalesce(sum(hashtextextended(c.text, 0)), 0)::text AS checksum, coalesce(sum(octet_length(c.text)), 0)::text AS bytes
FROM (SELECT t::text AS text FROM ${name} AS t ${where} OFFSET 0) AS c`,
  ).join('\nUNION ALL\n')
}

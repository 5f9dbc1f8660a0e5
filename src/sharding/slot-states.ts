import type { ShardMap } from '../core/shard-map.js'
import type { Shard } from './shard.js'

/** A hold: until when, and at the same time what tells it from every other. */
export interface Hold {
  /** As PostgreSQL writes it, on the source's clock. */
  until: string
}

const IN = 'slot = ANY($1::smallint[])'

/** The target: nobody is served, rows may be copied in. @throws Error when it already serves one of them */
export async function arrive(to: Shard, slots: readonly number[]): Promise<void> {
  await changed(
    to,
    slots,
    `UPDATE slots SET state = 'arriving' WHERE ${IN} AND state IN ('away', 'arriving')`,
    'arriving',
  )
}

/** The source: served as before, and from now on every change is noted. Waits for those who write at this moment. */
export async function leave(from: Shard, slots: readonly number[]): Promise<void> {
  await changed(
    from,
    slots,
    `UPDATE slots SET state = 'leaving' WHERE ${IN} AND state IN ('here', 'leaving')`,
    'leaving',
  )
}

/**
 * The source: writes wait from now on, until the lease is over. Returns when all that were being made are made.
 * @throws an error that gaveWay() knows when writers keep it waiting: then nothing is held
 */
export async function hold(from: Shard, slots: readonly number[], leaseMs: number): Promise<Hold> {
  const held = await from.one<{ n: number; until: string }>(
    `WITH held AS (
  UPDATE slots SET state = 'held', held_until = now() + $2 * interval '1 ms'
  WHERE ${IN} AND state IN ('leaving', 'held') RETURNING held_until
)
SELECT count(*)::integer AS n, min(held_until)::text AS until FROM held`,
    [slots, leaseMs],
    leaseMs,
  )
  if (held.n !== slots.length) throw strayed(from, 'held', held.n, slots.length)
  return { until: held.until }
}

/** The source: writes go on, and are noted. Does nothing to another hold. */
export async function letGo(from: Shard, slots: readonly number[], { until }: Hold): Promise<void> {
  await from.ask(
    `UPDATE slots SET state = 'leaving', held_until = NULL WHERE ${IN} AND state = 'held' AND held_until = $2::timestamptz`,
    [slots, until],
  )
}

/**
 * The point of no return, on the source: the slots are away, and the map says so, in one transaction; or nothing is, when
 * the lease is past, or another hold has taken the place of this one. The lease is looked at again once the slots' rows
 * are locked: until then writers may have gone on.
 * @returns whether it was done
 */
export async function giveAway(
  from: Shard,
  slots: readonly number[],
  { until }: Hold,
  next: { version: number; body: string },
  timeoutMs: number,
): Promise<boolean> {
  const { away } = await from.one<{ away: number }>(
    `WITH held AS MATERIALIZED (
  SELECT slot, held_until FROM slots
  WHERE ${IN} AND state = 'held' AND held_until = $2::timestamptz ORDER BY slot FOR UPDATE
), fit AS MATERIALIZED (
  SELECT count(*) = cardinality($1::smallint[]) AND min(held_until) > clock_timestamp() AS so FROM held
), known AS (
  UPDATE shard_map SET version = $3, body = $4 WHERE version = $3 - 1 AND (SELECT so FROM fit) RETURNING version
), gone AS (
  UPDATE slots SET state = 'away', held_until = NULL WHERE ${IN} AND EXISTS (SELECT FROM known) RETURNING slot
)
SELECT count(*)::integer AS away FROM gone`,
    [slots, until, next.version, next.body],
    timeoutMs,
  )
  return away > 0
}

/** The target: it serves the slots, and knows the map that says so. Can be done again. */
export async function take(
  to: Shard,
  slots: readonly number[],
  next: { version: number; body: string },
): Promise<void> {
  await to.ask(
    `WITH known AS (UPDATE shard_map SET version = $2, body = $3 WHERE version < $2)
UPDATE slots SET state = 'here', held_until = NULL WHERE ${IN} AND state = 'arriving'`,
    [slots, next.version, next.body],
  )
}

/** The source: all is as if nothing had begun. */
export async function stay(from: Shard): Promise<void> {
  await from.ask("UPDATE slots SET state = 'here', held_until = NULL WHERE state IN ('leaving', 'held')")
  await from.ask('DELETE FROM changes')
}

/** The target: the slots are not its own. Their rows must be gone. */
export async function turnAway(to: Shard, slots: readonly number[]): Promise<void> {
  await to.ask(`UPDATE slots SET state = 'away' WHERE ${IN} AND state = 'arriving'`, [slots])
}

/** What a switch writes, made before the hold. */
export function written(map: ShardMap): { version: number; body: string } {
  return { version: map.version, body: JSON.stringify(map) }
}

async function changed(shard: Shard, slots: readonly number[], update: string, state: string): Promise<void> {
  const { n } = await shard.one<{ n: number }>(
    `WITH changed AS (${update} RETURNING slot) SELECT count(*)::integer AS n FROM changed`,
    [slots],
  )
  if (n !== slots.length) throw strayed(shard, state, n, slots.length)
}

function strayed(shard: Shard, state: string, n: number, all: number): Error {
  return new Error(`${shard.id}: ${n} of ${all} slots became ${state}; somebody else changes slots`)
}

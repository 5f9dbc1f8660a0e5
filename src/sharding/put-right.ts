import { runError } from '../core/errors.js'
import type { ShardMap } from '../core/shard-map.js'
import { dropRows } from './drop.js'
import type { Fleet } from './fleet.js'
import { MOVER_NAME, type Shard, type ShardState } from './shard.js'
import { stay, take, turnAway, written } from './slot-states.js'
import { ownerIds } from './target.js'

/** How long a session of a dead mover may take to end, in milliseconds. */
const END_MS = 5_000

/**
 * Brings all shards to what the newest map says, from wherever a mover stopped: looks at what is, and needs nobody's memory.
 *
 * - sessions that a mover left at work are ended, so that nothing changes behind our back;
 * - a half switch (the source gave its slots away, the target does not serve them yet) is completed: its rows were verified;
 * - a batch before its switch is taken back: the source serves its slots as before, the target's copies go;
 * - every shard learns the newest map;
 * - rows that are served elsewhere are dropped.
 *
 * Only for who holds the lock of movers, with no question of its own under way.
 * @returns the newest map, and what was done, one sentence each
 * @throws ShardAway when a shard does not answer: the newest map may be there, so nothing is done without it;
 * LabError (run failed) when shards contradict the map
 */
export async function putRight(fleet: Fleet): Promise<{ map: ShardMap; done: string[] }> {
  // Anew, so that no answer of an earlier question is taken for that of a later one.
  fleet.close()
  await fleet.each(endOthers)
  const states = new Map(await fleet.each(async (shard) => [shard, await shard.state()] as const))
  const map = newest([...states.values()])
  const owners = ownerIds(map)
  const done: string[] = []
  for (const [shard, state] of states) done.push(...(await settle(shard, state, map, owners)))
  const after = new Map(await fleet.each(async (shard) => [shard, await shard.state()] as const))
  checkPlaces(after, owners)
  // Whoever owns them serves them: what lies elsewhere is a copy, or was moved.
  const dropped = await fleet.each(async (shard) => [shard.id, await dropRows(shard, 'away')] as const)
  for (const [id, rows] of dropped) if (rows > 0) done.push(`${id}: ${rows} rows that live elsewhere are dropped`)
  return { map, done }
}

/** The map with the highest version. */
export function newest(states: readonly ShardState[]): ShardMap {
  const [map] = states.map((state) => state.map).toSorted((a, b) => b.version - a.version)
  if (map === undefined) throw runError('this stack has no shards')
  return map
}

async function settle(
  shard: Shard,
  { map: known, slots }: ShardState,
  map: ShardMap,
  owners: readonly string[],
): Promise<string[]> {
  const done: string[] = []
  const completed = slots.arriving.filter((slot) => owners[slot] === shard.id)
  if (completed.length > 0) {
    await take(shard, completed, written(map))
    done.push(`${shard.id} serves the ${completed.length} slots that it had been given`)
  }
  const unwanted = slots.arriving.filter((slot) => owners[slot] !== shard.id)
  if (unwanted.length > 0) {
    await dropRows(shard, 'arriving', unwanted)
    await turnAway(shard, unwanted)
    done.push(`${shard.id}: what was copied of ${unwanted.length} slots is gone`)
  }
  const kept = slots.leaving.length + slots.held.length
  if (kept > 0) done.push(`${shard.id} keeps the ${kept} slots that were leaving`)
  await stay(shard)
  if (known.version < map.version) await shard.learn(map)
  return done
}

/** Every slot is served by the shard that the map names, and by no other. */
function checkPlaces(states: ReadonlyMap<Shard, ShardState>, owners: readonly string[]): void {
  const servers = owners.map((): string[] => [])
  for (const [{ id }, { slots }] of states) for (const slot of slots.here) servers[slot]?.push(id)
  const wrong = servers.findIndex((ids, slot) => ids.length !== 1 || ids[0] !== owners[slot])
  if (wrong === -1) return
  const served = servers[wrong]?.join(' and ')
  throw runError(
    `slot ${wrong} is ${owners[wrong]}'s by the map, and ${served ? `${served} serves it` : 'no shard serves it'}`,
    'Nothing was dropped. Did somebody change the table slots by hand?',
  )
}

async function endOthers(shard: Shard): Promise<void> {
  const left = await shard.ask<{ ended: boolean }>(
    `SELECT pg_terminate_backend(pid, ${END_MS}) AS ended FROM pg_stat_activity
     WHERE application_name = '${MOVER_NAME}' AND pid <> pg_backend_pid()`,
    [],
    2 * END_MS,
  )
  if (left.some(({ ended }) => !ended)) {
    throw runError(`a session of an earlier mover on ${shard.id} does not end`, 'Look at pg_stat_activity there')
  }
}

import { environmentError } from '../../core/errors.js'
import type { ShardMap } from '../../core/shard-map.js'
import type { Stack } from '../../engines/port.js'
import type { Member } from '../../replication/port.js'
import { remainderOf } from '../../sharding/audit.js'
import { Fleet, type ShardControl } from '../../sharding/fleet.js'
import { readMigration } from '../../sharding/migration-store.js'
import { Shard } from '../../sharding/shard.js'

/** How long a shard may take to say what it knows, in milliseconds. */
const ANSWER_MS = 10_000
/** A shard that ended is started again after this, while rows move, in milliseconds: who looks should see that it is away. */
const REVIVE_MS = 3_000

type Tell = (level: 'info' | 'warn', text: string) => void

/**
 * Makes the nodes of a stack those that its shards know of: starts shards that have ended, thaws those that are frozen,
 * and removes what a command that was killed left half-way: a shard that it was starting, or one that it was removing.
 * Only for who has the lock of the stack.
 * @returns what was removed
 * @throws LabError (environment) when a shard does not start, or none says what there should be
 */
export async function putNodesRight(stack: Stack, control: ShardControl, tell: Tell): Promise<string[]> {
  // The first of all maps, and the one that says what is under way.
  await wake(stack, (await control.members())[0], tell)
  const members = await control.members()
  const known = await whatIsKnown(control)
  if (known === null) throw noAnswer(members)
  const removed: string[] = []
  for (const member of members) if (known.ids.has(member.id)) await wake(stack, member, tell)
  for (const { id } of members) {
    if (known.ids.has(id) || !(await isLeftOver(control, id, known))) continue
    await stack.remove(id)
    removed.push(id)
    tell('info', `${id} was left half-way by a reshard that was ended, and is removed`)
  }
  return removed
}

/** The same nodes without those that no map names, and no migration needs: to look at a stack, and change nothing. */
export async function namedOnly(control: ShardControl): Promise<ShardControl> {
  const members = await control.members()
  const known = await whatIsKnown(control)
  if (known === null) throw noAnswer(members)
  return { members: async () => (await control.members()).filter(({ id }) => known.ids.has(id)) }
}

/**
 * The same nodes, and those that end meanwhile are started again: no other command may do that while this one has the
 * lock of the stack. Those that are frozen were frozen by somebody, who can thaw them.
 */
export function reviving(stack: Stack, control: ShardControl, tell: Tell): ShardControl {
  const since = new Map<string, number>()
  return {
    async members() {
      const members = await control.members()
      const now = performance.now()
      const due = members.filter(({ id, state }) => {
        if (state !== 'stopped') since.delete(id)
        else if (!since.has(id)) since.set(id, now)
        return state === 'stopped' && now - (since.get(id) ?? now) >= REVIVE_MS
      })
      for (const { id } of due) {
        since.delete(id)
        await stack.restart(id).then(
          () => tell('info', `${id} had ended and was started again`),
          (error: unknown) => tell('warn', `${id} does not start: ${error instanceof Error ? error.message : error}`),
        )
      }
      return due.length === 0 ? members : control.members()
    },
  }
}

interface Known {
  map: ShardMap
  /** Shards that should be there. */
  ids: Set<string>
  /** Those that had a part in a migration that is done: they may go, and until then it can be taken back. */
  spare: Set<string>
}

/** Null where no shard answers. */
async function whatIsKnown(control: ShardControl): Promise<Known | null> {
  const members = await control.members()
  const maps = await Promise.all(members.map((member) => asked(member, (shard) => shard.map(ANSWER_MS))))
  const [map] = maps.filter((known) => known !== null).toSorted((a, b) => b.version - a.version)
  if (map === undefined) return null
  const first = members.find(({ id }) => id === map.shards[0]?.id)
  const migration = first === undefined ? null : await asked(first, readMigration)
  const named = map.shards.map(({ id }) => id)
  const taking = migration === null ? [] : [...migration.from.shards, ...migration.to.shards].map(({ id }) => id)
  const done = migration?.state === 'moved' || migration?.state === 'rolled back'
  return { map, ids: new Set(done ? named : [...named, ...taking]), spare: new Set(taking) }
}

/**
 * Of a node that no map names: every slot is served by another. Unless it is a shard that knows so and still has rows, it
 * was never ready, or its data are gone, and what would start in its place were the rows that it began with.
 */
async function isLeftOver(control: ShardControl, id: string, { map, ids, spare }: Known): Promise<boolean> {
  const member = (await control.members()).find((candidate) => candidate.id === id)
  if (member === undefined) return false
  const own = await asked(member, (shard) => shard.map(ANSWER_MS))
  if (own === null || own.version < map.version) return true
  if (spare.has(id)) return false
  const fleet = await Fleet.of({
    members: async () => (await control.members()).filter((other) => other.id === id || ids.has(other.id)),
  })
  return remainderOf(fleet, id)
    .then((remainder) => remainder === null)
    .finally(() => fleet.close())
}

async function asked<Answer>(
  { endpoint, state }: Member,
  question: (shard: Shard) => Promise<Answer>,
): Promise<Answer | null> {
  if (endpoint === null || state === 'paused') return null
  const shard = new Shard(endpoint)
  return question(shard)
    .catch(() => null)
    .finally(() => shard.close())
}

async function wake(stack: Stack, member: Member | undefined, tell: Tell): Promise<void> {
  if (member?.state === 'paused') {
    await stack.resume(member.id)
    tell('info', `${member.id} was frozen and runs again`)
  } else if (member?.state === 'stopped') {
    await stack.restart(member.id)
    tell('info', `${member.id} had ended and was started again`)
  }
}

function noAnswer(members: readonly Member[]): Error {
  return environmentError(
    `no shard answers (${members.map(({ id, state }) => `${id} ${state}`).join(', ')})`,
    'See what they say: scalelab logs',
  )
}

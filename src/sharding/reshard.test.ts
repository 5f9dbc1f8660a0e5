import { afterEach, describe, expect, it } from 'vitest'
import { postgresMissing } from '../nodes/api/testing/postgres-binaries.js'
import { slotOwners } from '../strategies/sharding/slot-owners.js'
import { audit, remainderOf } from './audit.js'
import { Fleet } from './fleet.js'
import { endMigration, migrationOf, reshard } from './reshard.js'
import { Clients } from './testing/clients.js'
import { controlOf, OPTIONS, requestFor, targetFor } from './testing/request.js'
import { startShards, type TestShards } from './testing/test-shards.js'

const USERS = 300
const CLEAN = { misplaced: 0, misslotted: 0, duplicated: 0, misowned: 0, agreed: true }

let shards: TestShards | undefined
let fleet: Fleet | undefined
afterEach(async () => {
  fleet?.close()
  await shards?.stop()
  shards = undefined
})

async function start(count: number, spare: number, scheme = 'ring'): Promise<TestShards> {
  const placed = Array.from({ length: count }, (_, index) => ({ id: `shard-${index + 1}`, weight: 1 }))
  shards = await startShards({ shards: count, spare, rows: USERS, scheme, owners: slotOwners(scheme, placed) })
  fleet = await Fleet.of(controlOf(shards))
  return shards
}
function looking(): Fleet {
  if (fleet === undefined) throw new Error('no shards')
  return fleet
}

describe.skipIf(postgresMissing() !== undefined)(
  'reshard under clients that write and read',
  { timeout: 90_000 },
  () => {
    it.each([
      { from: 3, to: 4, before: 'ring', after: 'ring', seed: 1 },
      { from: 4, to: 3, before: 'ring', after: 'ring', seed: 2 },
      { from: 3, to: 3, before: 'ring', after: 'modulo', seed: 3 },
    ])(
      'moves $from to $to, $before to $after: every write once, every listing whole',
      async ({ from, to, before, after, seed }) => {
        const stack = await start(from, Math.max(0, to - from), before)
        const clients = new Clients(stack, USERS, seed)
        const target = targetFor(stack, to, after)
        clients.start(6, 2, 10)
        // Slow enough that clients write into what is being copied, whatever the machine is doing.
        const told = requestFor(stack, { kind: 'begin', target, options: { ...OPTIONS, maxRowsPerSecond: 500 } })
        const result = await reshard(told.request)
        await clients.end()

        expect(told.events).toEqual([])
        expect(result).toMatchObject({ outcome: 'moved', failure: null, waited_ms: 0 })
        expect(result.moved_rows).toBeGreaterThanOrEqual(result.plan.rows.moved)
        expect(result.batches.reduce((sum, { slots }) => sum + slots, 0)).toBe(
          result.plan.moves.reduce((sum, { slots }) => sum + slots, 0),
        )
        expect(result.batches.every(({ held_ms }) => held_ms > 0 && held_ms < 2_000)).toBe(true)
        expect(result.unused).toEqual(stack.shards.map(({ id }) => id).slice(to))
        expect(result.after.filter(({ keys }) => keys > 0)).toHaveLength(to)
        expect(clients.gathered).toBeGreaterThan(5)
        expect(result.batches.some(({ caught_up }) => caught_up > 0)).toBe(true)
        await clients.check()
        expect(await audit(looking())).toMatchObject(CLEAN)
        for (const id of result.unused) expect(await remainderOf(looking(), id)).toBe(null)
        expect(told.progress.at(-1)).toMatchObject({ phase: 'done', left_ms: 0, batches: result.batches.length })
        expect((await migrationOf(looking()))?.state).toBe('moved')
        await endMigration(looking())
        expect(await migrationOf(looking())).toBe(null)
      },
    )
  },
)

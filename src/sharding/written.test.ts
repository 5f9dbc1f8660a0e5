import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresMissing } from '../nodes/api/testing/postgres-binaries.js'
import type { Member } from '../replication/port.js'
import { Fleet } from './fleet.js'
import { startShards, type TestShards } from './testing/test-shards.js'
import { writtenOn } from './written.js'

describe.skipIf(postgresMissing() !== undefined)('what shards hold of writes', () => {
  let shards: TestShards
  let fleet: Fleet
  beforeAll(async () => {
    // Slot s is on shard-(s mod 2 + 1).
    shards = await startShards({ shards: 2, rows: 10 })
    const members = shards.shards.map(({ id }): Member => {
      const endpoint = shards.endpoint(id)
      return { id, state: 'running', endpoint, inside: { host: endpoint.host, port: endpoint.port } }
    })
    fleet = await Fleet.of({ members: async () => members })
  }, 30_000)
  afterAll(async () => {
    fleet?.close()
    await shards?.stop()
  })

  /** Past the triggers: also where the slot is not served. */
  const request = (id: string, key: string, slot: number, status = 200) =>
    shards.query(
      id,
      `WITH quiet AS (SELECT set_config('session_replication_role', 'replica', true))
       INSERT INTO requests (request_key, slot, kind, status) SELECT '${key}', ${slot}, 'write', ${status} FROM quiet`,
    )
  const order = (id: string, key: string, slot: number, n: number) =>
    shards.query(
      id,
      `WITH quiet AS (SELECT set_config('session_replication_role', 'replica', true))
       INSERT INTO orders (order_id, slot, request_key, user_id, product_id, quantity, amount)
       SELECT ('00000000-0000-7000-8000-00000000000' || ${n})::uuid, ${slot}, '${key}', 'user-000001', 'ECO-000001', 1, 1 FROM quiet`,
    )

  it('is found on all of them, of slots that they serve, and of this run alone', async () => {
    await request('shard-1', 'run_1-0-1', 0)
    await request('shard-2', 'run_1-0-2', 1)
    // Left behind on a shard that no longer has the slot.
    await request('shard-1', 'run_1-0-3', 1)
    await request('shard-2', 'run_1-0-2b', 1, 409)
    await request('shard-2', 'runX1-0-4', 1)
    expect(await writtenOn(fleet, 'run_1-')).toEqual({ ids: new Set(['run_1-0-1', 'run_1-0-2']), duplicated: [] })
  })

  it('is there twice when two shards serve it, or two orders came of it', async () => {
    await request('shard-1', 'twice-0-1', 0)
    await request('shard-2', 'twice-0-1', 1)
    await request('shard-1', 'twice-0-2', 0)
    await order('shard-1', 'twice-0-2', 0, 1)
    await order('shard-1', 'twice-0-2', 0, 2)
    // What has moved is still there for a while, and counts once.
    await order('shard-1', 'twice-0-3', 0, 3)
    await order('shard-2', 'twice-0-3', 0, 3)
    const { ids, duplicated } = await writtenOn(fleet, 'twice-')
    expect([...ids].sort()).toEqual(['twice-0-1', 'twice-0-2'])
    expect(duplicated.sort()).toEqual(['twice-0-1', 'twice-0-2'])
  })

  it('cannot be told when a shard is away', async () => {
    await shards.signal('shard-2', 'SIGKILL')
    await expect(writtenOn(fleet, 'run_1-')).rejects.toThrow('shard-2 does not answer')
  })
})

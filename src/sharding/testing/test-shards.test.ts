import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresMissing } from '../../nodes/api/testing/postgres-binaries.js'
import { startShards, type TestShards } from './test-shards.js'

describe.skipIf(postgresMissing() !== undefined)('shards of a test', () => {
  let shards: TestShards
  beforeAll(async () => {
    shards = await startShards({ shards: 2, rows: 200, spare: 1 })
  }, 30_000)
  afterAll(() => shards.stop())

  it('have every user and order exactly once, and the spare one nothing', async () => {
    const count = async (id: string) =>
      Number(
        (await shards.query<{ n: string }>(id, 'SELECT count(*) AS n FROM users JOIN orders USING (user_id)'))[0]?.n,
      )
    const [first, second, spare] = await Promise.all(shards.shards.map(({ id }) => count(id)))
    expect(Number(first) + Number(second)).toBe(200)
    expect(spare).toBe(0)
  })

  it('are killed and started again with their rows', async () => {
    await shards.signal('shard-2', 'SIGKILL')
    await expect(shards.query('shard-2', 'SELECT 1')).rejects.toThrow()
    await shards.restart('shard-2')
    expect(await shards.query('shard-2', 'SELECT self, version FROM shard_map')).toEqual([
      { self: 'shard-2', version: '1' },
    ])
  })
})

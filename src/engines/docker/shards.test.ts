import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATABASE_NAME, DATABASE_ROLES } from '../../core/databases-file.js'
import { stackParametersSchema } from '../../core/parameters.js'
import { shardMapOf, shardNode } from '../../topologies/sharded.js'
import { topologyOf } from '../../topologies/topology.js'
import type { Stack } from '../port.js'
import { createDockerEngine } from './engine.js'
import { removeAll } from './inventory.js'
import { LABEL } from './labels.js'
import { client, host, images, testMeta, testSecret, whyNoDocker } from './testing/daemon.js'

const missing = await whyNoDocker()
const ROWS = 300
const parameters = stackParametersSchema.parse({
  kind: 'sharded',
  work: { kind: 'none' },
  sharding: { shards: 2, rows: ROWS, cpus: 1 },
})
const sharding = parameters.sharding as NonNullable<typeof parameters.sharding>

describe.skipIf(missing !== null)(
  `shards on Docker${missing === null ? '' : ` (skipped: ${missing})`}`,
  { timeout: 60_000 },
  () => {
    const name = `shards-${randomBytes(4).toString('hex')}`
    let stack: Stack
    beforeAll(async () => {
      const { nodes } = topologyOf({ ...parameters, balancer: 'nginx' })
      // None of our own programs is among the shards, so none needs to be built.
      const engine = createDockerEngine({
        dockerHost: host,
        home: `test-shards-${process.pid}`,
        images,
        nodesDir: '/nowhere',
        secret: testSecret,
      })
      stack = await engine.up({
        topology: {
          nodes: nodes.filter(({ role }) => role === 'database'),
          entry: { node: 'shard-1', port: 'postgres' },
        },
        meta: testMeta(name),
        publishHost: '127.0.0.1',
        readyTimeoutMs: 50_000,
        signal: new AbortController().signal,
        onEvent: () => {},
      })
    }, 60_000)
    afterAll(() => removeAll(client.docker, `${LABEL.stack}=${name}`), 30_000)

    const ask = async (id: string, statement: string): Promise<unknown[][]> => {
      const { hostname, port } = new URL((await stack.nodes()).find((node) => node.id === id)?.url ?? '')
      const connection = new pg.Client({
        host: hostname,
        port: Number(port),
        user: DATABASE_ROLES.admin,
        password: testSecret(DATABASE_ROLES.admin),
        database: DATABASE_NAME,
      })
      await connection.connect()
      try {
        return (await connection.query({ text: statement, rowMode: 'array' })).rows
      } finally {
        await connection.end()
      }
    }
    const users = async (id: string): Promise<unknown[]> =>
      (await ask(id, 'SELECT user_id FROM users ORDER BY user_id')).flat()

    it('have every user exactly once, and a limit', async () => {
      const all = (await Promise.all(['shard-1', 'shard-2'].map(users))).flat()
      expect([all.length, new Set(all).size]).toEqual([ROWS, ROWS])
      expect((await stack.specs()).map(({ limits }) => limits)).toEqual([{ cpus: 1 }, { cpus: 1 }])
    })

    it('know each other by an address inside', async () => {
      const nodes = await stack.nodes()
      const [[map] = []] = await ask('shard-2', "SELECT body->'shards' FROM shard_map")
      const known = map as { id: string; address: string }[]
      expect(known.map(({ id }) => id)).toEqual(['shard-1', 'shard-2'])
      for (const { id, address } of known) {
        expect(nodes.find((node) => node.id === id)?.internalAddresses).toContain(address)
      }
    })

    it.each(['stop', 'kill'] as const)('keep what was written over a %s: the seed is sown once', async (operation) => {
      const before = await users('shard-1')
      await ask('shard-1', `DELETE FROM users WHERE user_id = '${before[0]}'`)
      await stack[operation]('shard-1')
      await stack.restart('shard-1')
      expect(await users('shard-1')).toEqual(before.slice(1))
    })

    it('are joined by one that has nothing', async () => {
      await stack.add(shardNode('shard-3', sharding, { ...shardMapOf(sharding), version: 5 }))
      expect(await users('shard-3')).toEqual([])
      const counted = `SELECT count(*)::int, max(version)::int FROM slots, shard_map WHERE state = 'away'`
      expect(await ask('shard-3', counted)).toEqual([[16_384, 5]])
      await stack.remove('shard-3')
      expect((await stack.nodes()).map(({ id }) => id)).toEqual(['shard-1', 'shard-2'])
    })
  },
)

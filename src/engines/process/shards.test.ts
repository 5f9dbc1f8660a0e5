import { readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT } from '../../core/errors.js'
import { stackParametersSchema } from '../../core/parameters.js'
import type { Topology } from '../../core/topology.js'
import { postgres } from '../../parts/postgres/postgres.js'
import { shardMapOf, shardNode } from '../../topologies/sharded.js'
import { topologyOf } from '../../topologies/topology.js'
import type { Stack } from '../port.js'
import { labError } from '../testing/contract.js'
import { serverFolders } from './server-folders.js'
import { findServer, isLack } from './server-programs.js'
import { ask, bundleClone } from './testing/database-stack.js'
import { type TestMachine, testMachine, upRequest } from './testing/test-machine.js'

const required = process.env.SCALELAB_REQUIRE === '1'
const { cache } = serverFolders(tmpdir(), process.env)
const missing =
  isLack(await findServer(postgres.program, { serverBin: undefined, path: process.env.PATH ?? '', cache })) && !required

const ROWS = 600
const parameters = stackParametersSchema.parse({
  kind: 'sharded',
  work: { kind: 'none' },
  sharding: { shards: 2, rows: ROWS },
})
const sharding = parameters.sharding as NonNullable<typeof parameters.sharding>

/** The shards, without API instances and balancer. */
function shardTopology(): Topology {
  const { nodes } = topologyOf({ ...parameters, balancer: 'builtin' })
  return { nodes: nodes.filter(({ role }) => role === 'database'), entry: { node: 'shard-1', port: 'postgres' } }
}

describe.skipIf(missing)('shards on processes', () => {
  const NAME = 'shards'
  let machine: TestMachine
  let stack: Stack
  beforeAll(async () => {
    machine = await testMachine()
    await bundleClone(machine.nodesDir)
    stack = await machine.engine().up(upRequest(NAME, shardTopology()))
  }, 30_000)
  afterAll(() => machine.cleanup())

  const dataOf = (node: string): string => {
    const { data } = machine.servers
    return data === undefined ? join(machine.folders.nodeFolder(NAME, node), 'data') : join(data, NAME, node)
  }
  const users = async (node: string): Promise<string[]> =>
    (await ask(stack, node, 'SELECT user_id FROM users ORDER BY user_id')).flat().map(String)

  it('have every user exactly once, and each some', async () => {
    const [first, second] = await Promise.all(['shard-1', 'shard-2'].map(users))
    expect(first?.length).toBeGreaterThan(0)
    expect(second?.length).toBeGreaterThan(0)
    expect(new Set([...(first ?? []), ...(second ?? [])]).size).toBe(ROWS)
    expect((first?.length ?? 0) + (second?.length ?? 0)).toBe(ROWS)
  })

  it('know each other by the addresses that they have', async () => {
    const inside = (await stack.nodes()).map(({ id, internalAddresses: [address] }) => ({ id, address }))
    for (const { id } of inside) {
      expect(await ask(stack, id, "SELECT self, version::int, body->'shards' FROM shard_map")).toEqual([
        [id, 1, inside],
      ])
    }
  })

  it('keep what was written when they are killed: the seed is sown once', async () => {
    const before = await users('shard-1')
    await ask(stack, 'shard-1', 'UPDATE users SET balance = 7')
    await ask(stack, 'shard-1', `DELETE FROM users WHERE user_id = '${before[0]}'`)
    await stack.kill('shard-1')
    await stack.restart('shard-1')
    expect(await users('shard-1')).toEqual(before.slice(1))
    expect(await ask(stack, 'shard-1', 'SELECT DISTINCT balance::int FROM users')).toEqual([[7]])
  })

  it('are made anew when they were killed before they were whole', async () => {
    const before = await users('shard-2')
    await stack.kill('shard-2')
    await rm(join(dataOf('shard-2'), 'pgdata', 'global'), { recursive: true })
    await rename(join(dataOf('shard-2'), 'pgdata'), join(dataOf('shard-2'), 'pgdata.new'))
    await stack.restart('shard-2')
    expect(await users('shard-2')).toEqual(before)
    expect((await readdir(dataOf('shard-2'))).toSorted()).toEqual([
      'pg_hba.conf',
      'pgdata',
      'pgpass',
      'postgresql.conf',
    ])
  })

  it('are joined by one that has nothing, and are rid of it again', async () => {
    await stack.add(shardNode('shard-3', sharding, { ...shardMapOf(sharding), version: 5 }))
    expect(await users('shard-3')).toEqual([])
    expect(await ask(stack, 'shard-3', "SELECT count(*)::int FROM slots WHERE state <> 'away'")).toEqual([[0]])
    expect(await ask(stack, 'shard-3', 'SELECT count(*)::int, max(version)::int FROM slots, shard_map')).toEqual([
      [16_384, 5],
    ])
    await stack.remove('shard-3')
    expect((await stack.nodes()).map(({ id }) => id)).toEqual(['shard-1', 'shard-2'])
  })

  it('do not start without their rows', async () => {
    const spec = shardNode('shard-4', sharding, shardMapOf(sharding))
    const broken = { ...spec, files: { ...spec.files, 'seed.sql': 'INSERT INTO nowhere VALUES (1);\n' } }
    const error = await labError(stack.add(broken))
    expect(error.exitCode).toBe(EXIT.environment)
    expect(error.details.join('\n')).toContain('relation "nowhere" does not exist')
  })
})

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ShardingParameters, stackParametersSchema } from '../core/parameters.js'
import { decodeOwners, KEYINGS, type Keying, SCHEMES, type ShardMap, SLOTS } from '../core/shard-map.js'
import { labErrorOf } from '../core/testing/thrown.js'
import type { Topology } from '../core/topology.js'
import { postgresMissing } from '../nodes/api/testing/postgres-binaries.js'
import { startShards, type TestShards } from '../sharding/testing/test-shards.js'
import { slotOfKey } from '../strategies/sharding/keying.js'
import { keyingOf, SHARDING_SCHEMES } from '../strategies/sharding/registry.js'
import { shardSeedSql } from './shard-sql.js'
import { shardIds, shardMapOf, shardNode, withShardCount } from './sharded.js'
import { topologyOf } from './topology.js'

type Input = Partial<ShardingParameters>

function parametersOf(input: Input = {}, replicas = 2): ReturnType<typeof stackParametersSchema.parse> {
  return stackParametersSchema.parse({ kind: 'sharded', replicas, work: { kind: 'none' }, sharding: input })
}

function shardingOf(input: Input = {}): ShardingParameters {
  const { sharding } = parametersOf(input)
  if (sharding === null) throw new Error('it was given')
  return sharding
}

function sharded(input: Input = {}, replicas = 2): Topology {
  return topologyOf({ ...parametersOf(input, replicas), balancer: 'builtin' })
}

function fileOf(topology: Topology, id: string, file: string): string {
  return topology.nodes.find((node) => node.id === id)?.files[file] ?? ''
}

/** Slots of each shard. */
function counts(map: ShardMap): number[] {
  const slots = map.shards.map(() => 0)
  for (const owner of decodeOwners(map.owners)) slots[owner] = (slots[owner] ?? 0) + 1
  return slots
}

it('knows every scheme by its name', () => {
  expect([...SCHEMES]).toEqual(SHARDING_SCHEMES.map(({ name }) => name))
})

describe('a sharded stack', () => {
  it('has a balancer, its APIs and its shards', () => {
    expect(sharded({ shards: 2 }, 3).nodes.map(({ id, role }) => `${id} ${role}`)).toEqual([
      'balancer balancer',
      'api-1 api',
      'api-2 api',
      'api-3 api',
      'shard-1 database',
      'shard-2 database',
    ])
  })

  it('tells every API where to ask for the map, and how long to try', () => {
    for (const node of sharded({ pool: 4, query_ms: 25 }).nodes.filter(({ role }) => role === 'api')) {
      expect(JSON.parse(node.files['shards.json'] ?? '')).toEqual({
        database: 'ecomarket',
        user: 'ecomarket',
        password: '{{secret ecomarket}}',
        seeds: ['shard-1', 'shard-2', 'shard-3'].map((id) => ({ id, address: `{{address ${id} postgres}}` })),
        pool: 4,
        query_ms: 25,
      })
      expect(node.env).toMatchObject({ SHARDS_FILE: '{{dir}}/shards.json', WRITE_PATIENCE_MS: '8000' })
    }
  })

  it('has shards that share what a template is made from, and differ in their rows alone', () => {
    const topology = sharded()
    const ids = shardIds(3)
    for (const file of ['boot.sh', 'roles.sql', 'ecomarket.sql', 'pg_hba.conf', 'pgpass']) {
      expect(new Set(ids.map((id) => fileOf(topology, id, file))).size, file).toBe(1)
    }
    expect(new Set(ids.map((id) => fileOf(topology, id, 'seed.sql'))).size).toBe(3)
    // Another number of shards, of users, another scheme: still the same template.
    const other = sharded({ shards: 5, rows: 77, scheme: 'jump' })
    expect(fileOf(other, 'shard-5', 'ecomarket.sql')).toBe(fileOf(topology, 'shard-1', 'ecomarket.sql'))
  })

  it('has connections for as many APIs as there may be', () => {
    const config = fileOf(sharded({ pool: 50 }), 'shard-1', 'postgresql.conf')
    expect(Number(/max_connections = (\d+)/.exec(config)?.[1])).toBeGreaterThan(64 * 50)
  })

  it('holds no password outside its files', () => {
    for (const { env, program } of sharded().nodes) expect(JSON.stringify([env, program])).not.toContain('secret')
  })

  it('limits shards where told', () => {
    const limits = sharded({ cpus: 0.5 }).nodes.map(({ role, limits }) => `${role} ${JSON.stringify(limits)}`)
    expect(new Set(limits)).toEqual(new Set(['balancer {}', 'api {}', 'database {"cpus":0.5}']))
  })
})

describe('the map that shards begin with', () => {
  it.each(SHARDING_SCHEMES.map(({ name }) => name))(
    '%s: every slot has a shard, and every shard has slots',
    (scheme) => {
      // EcoMarket sells in eight regions, and a shard without one would have nothing.
      for (const shards of [1, 2, 3, scheme === 'geo' ? 8 : 16]) {
        const map = shardMapOf(shardingOf({ scheme: scheme as ShardingParameters['scheme'], shards, rows: 500 }))
        expect(map).toMatchObject({ version: 1, scheme, keying: keyingOf(scheme), span: 500 })
        expect(map.shards.map(({ id }) => id)).toEqual(shardIds(shards))
        const slots = counts(map)
        expect(slots.reduce((sum, count) => sum + count, 0)).toBe(SLOTS)
        expect(slots).toHaveLength(shards)
        // Of eight regions sixteen shards cannot all have one.
        if (scheme !== 'geo' || shards <= 8) expect(Math.min(...slots), `${shards}`).toBeGreaterThan(0)
      }
    },
  )

  it('names the weights that are not 1', () => {
    const { shards } = shardMapOf(shardingOf({ weights: [3, 1, 1] }))
    expect(shards.map(({ weight }) => weight)).toEqual([3, undefined, undefined])
  })

  it('heeds weights and vnodes', () => {
    const [heavy = 0, light = 0] = counts(shardMapOf(shardingOf({ shards: 2, scheme: 'directory', weights: [3, 1] })))
    expect(heavy).toBe(3 * light)
    const owners = [10, 1_000].map((vnodes) => shardMapOf(shardingOf({ vnodes })).owners)
    expect(owners[0]).not.toBe(owners[1])
  })

  it.each(SHARDING_SCHEMES.filter(({ weighted }) => !weighted).map(({ name }) => name))(
    '%s takes no weights',
    (scheme) => {
      const input = { scheme: scheme as ShardingParameters['scheme'], weights: [2, 1, 1] }
      const error = labErrorOf(() => shardMapOf(shardingOf(input)))
      expect(error).toMatchObject({ exitCode: 2, message: `the scheme ${scheme} takes no weights` })
      expect(error.hint).toContain('ring')
    },
  )
})

it('another number of shards has weights for all of them', () => {
  expect(withShardCount(shardingOf({ weights: [3, 2, 1] }), 4).weights).toEqual([3, 2, 1, 1])
  expect(withShardCount(shardingOf({ weights: [3, 2, 1] }), 2)).toMatchObject({ shards: 2, weights: [3, 2] })
  expect(withShardCount(shardingOf(), 4)).toMatchObject({ shards: 4, weights: null })
})

it('a shard that joins has the same template, the map of that time and no rows', () => {
  const sharding = shardingOf()
  const map = { ...shardMapOf(sharding), version: 7 }
  const { files } = shardNode('shard-4', sharding, map)
  expect(files['ecomarket.sql']).toBe(fileOf(sharded(), 'shard-1', 'ecomarket.sql'))
  expect(files['seed.sql']).toContain("INSERT INTO shard_map VALUES (1, 'shard-4', 7,")
  expect(files['seed.sql']).not.toContain('INSERT INTO users')
})

describe.skipIf(postgresMissing() !== undefined)('in PostgreSQL', () => {
  const ROWS = 400
  let servers: TestShards
  beforeAll(async () => {
    servers = await startShards({ shards: 1, rows: 1 })
  }, 30_000)
  afterAll(() => servers?.stop())

  const slotsInSql = async (keys: string[], keying: Keying, span: number): Promise<number[]> => {
    const rows = await servers.query<{ slot: number }>(
      'shard-1',
      'SELECT slot_of(key, $2, $3) AS slot FROM unnest($1::text[]) WITH ORDINALITY AS k (key, place) ORDER BY place',
      [keys, keying, span],
    )
    return rows.map(({ slot }) => slot)
  }

  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 14 })
  // PostgreSQL's text has no character 0.
  const text = fc.string({ unit: 'grapheme' }).filter((key) => !key.includes('\0'))
  const key = fc.oneof(
    fc.tuple(fc.constantFrom('user-', '', '{', 'x{a}', '{}'), digits).map((parts) => parts.join('')),
    fc.tuple(text, text, text, digits).map(([a, b, c, n]) => `${a}{${b}}${c}${n}`),
    fc.string({ unit: fc.constantFrom('{', '}', 'a', '1', 'ñ', '\n', '€', '🛒') }),
    text,
  )

  it('a key has the slot that the router takes it for, whatever the key', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(key, { minLength: 20, maxLength: 50 }),
        fc.constantFrom(...KEYINGS),
        fc.integer({ min: 1, max: 200_000 }),
        async (keys, keying, span) => {
          expect(await slotsInSql(keys, keying, span)).toEqual(keys.map((each) => slotOfKey({ keying, span }, each)))
        },
      ),
      { numRuns: 60 },
    )
  })

  it.each(KEYINGS)('users have the slots that the router takes them for: %s', async (keying) => {
    const users = Array.from({ length: 3_000 }, (_, index) => `user-${String(index + 1).padStart(6, '0')}`)
    const expected = users.map((user) => slotOfKey({ keying, span: 3_000 }, user))
    expect(await slotsInSql(users, keying, 3_000)).toEqual(expected)
  })

  it.each([...SCHEMES])('%s: every user is on exactly one shard, the one that the map names', async (scheme) => {
    const sharding = shardingOf({ scheme, shards: 4, rows: ROWS })
    const map = shardMapOf(sharding)
    const owners = decodeOwners(map.owners)
    const found = new Map<string, string[]>()
    for (const id of shardIds(4)) {
      for (const user of await usersAfter(shardSeedSql(id, map, ROWS))) {
        found.set(user, [...(found.get(user) ?? []), id])
        const owner = map.shards[owners[slotOfKey(map, user)] ?? -1]?.id
        expect(owner, user).toBe(id)
      }
    }
    expect(found.size).toBe(ROWS)
    expect([...found.values()].every((places) => places.length === 1)).toBe(true)
  })

  /** Users, with an order each in the same slot, that a seed puts into an empty shard; undone at once. */
  const usersAfter = async (seed: string): Promise<string[]> => {
    const inserts = seed.split(';\n\n').filter((statement) => !/^(VACUUM|SELECT pg_switch|CHECKPOINT)/.test(statement))
    const clear = 'TRUNCATE users, orders, slots, shard_map'
    await servers.query('shard-1', [clear, ...inserts].join(';\n'))
    const rows = await servers.query<{ user_id: string; orders: string; served: boolean }>(
      'shard-1',
      `SELECT user_id, count(orders) AS orders, bool_and(orders.slot = users.slot AND state = 'here') AS served
FROM users JOIN slots USING (slot) LEFT JOIN orders USING (user_id) GROUP BY user_id`,
    )
    for (const { user_id: user, orders, served } of rows) expect([orders, served], user).toEqual(['1', true])
    return rows.map(({ user_id: user }) => user)
  }
})

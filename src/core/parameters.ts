import * as z from 'zod'
import { READ_TARGETS } from './databases-file.js'
import { MAX_SHARDS, SCHEMES } from './shard-map.js'
import { DISTRIBUTIONS, type Work } from './work.js'

export const BALANCERS = ['auto', 'nginx', 'builtin'] as const

/** More replicas than this are refused: a typing mistake, not an experiment for one machine. */
export const MAX_REPLICAS = 64

const positive = z.number().positive()

const workSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('model'),
      workers: z.number().int().min(1).max(1_000).default(1),
      distribution: z.enum(DISTRIBUTIONS).default('exp'),
      mean_ms: positive.max(60_000).default(2).describe('mean service time in milliseconds'),
      queue_limit: z.number().int().min(0).default(1_000).describe('requests that may wait; the next gets 503'),
    })
    .describe('calibrated service model: capacity workers / mean_ms, the same on every machine'),
  z.strictObject({ kind: z.literal('cpu'), ms: positive.max(60_000).describe('processor time per request') }),
  z.strictObject({ kind: z.literal('none') }),
])

/**
 * When a commit is acknowledged: before it is on disk (off), on the primary's disk (local), written (remote-write),
 * flushed (on) or applied (remote-apply) on as many standbys as sync_standbys says, too.
 */
export const DURABILITIES = ['off', 'local', 'remote-write', 'on', 'remote-apply'] as const

/** More standbys than this are refused: each is a whole PostgreSQL server. */
export const MAX_STANDBYS = 8

const databaseSchema = z.strictObject({
  standbys: z.number().int().min(1).max(MAX_STANDBYS).default(2),
  rows: z.number().int().min(1).max(1_000_000).default(10_000).describe('products, stocks and user sessions, each'),
  durability: z.enum(DURABILITIES).default('local').describe('when a commit is acknowledged'),
  sync_standbys: z
    .string()
    .regex(
      /^(?:(?:ANY|FIRST) [1-8] )?\((?:\*|[a-z0-9-]+(?:, ?[a-z0-9-]+)*)\)$/i,
      'expected a list as in ANY 1 (*) or FIRST 1 (standby-1, standby-2)',
    )
    .default('ANY 1 (*)')
    .describe('synchronous_standby_names, where the durability waits for standbys'),
  reads: z.enum(READ_TARGETS).default('standbys').describe('where reads that may lag go'),
  pool: z.number().int().min(1).max(50).default(10).describe('connections of each API instance to each server'),
  query_ms: z
    .number()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('added inside the database to every read: with pool, a stated capacity; 0 is real work alone'),
  apply_delay_ms: z.number().int().min(0).max(60_000).default(0).describe('standbys apply what they receive this late'),
  cpus: positive.max(1_024).nullable().default(null).describe('processor limit of each database server (Docker)'),
})
export type DatabaseParameters = z.infer<typeof databaseSchema>

/** Most users of a stack of shards: the rows of each shard are made when it first starts. */
export const MAX_USERS = 200_000

const shardingSchema = z
  .strictObject({
    shards: z.number().int().min(1).max(MAX_SHARDS).default(3),
    scheme: z.enum(SCHEMES).default('ring').describe('how slots are placed on shards'),
    weights: z
      .array(z.number().int().min(1).max(1_000))
      .nullable()
      .default(null)
      .describe('one per shard, for schemes that take them'),
    vnodes: z.number().int().min(1).max(10_000).default(160).describe('rings: points of a shard of weight 1'),
    rows: z.number().int().min(1).max(MAX_USERS).default(10_000).describe('users, each with an order'),
    pool: z.number().int().min(1).max(50).default(10).describe('connections of each API instance to each shard'),
    query_ms: z
      .number()
      .min(0)
      .max(10_000)
      .default(0)
      .describe('added inside the shard to every request on a key: with pool, a stated capacity; 0 is real work alone'),
    cpus: positive.max(1_024).nullable().default(null).describe('processor limit of each shard (Docker)'),
  })
  .superRefine(({ shards, weights }, context) => {
    if (weights === null || weights.length === shards) return
    const message = `expected one weight per shard: ${weights.length} for ${shards}`
    context.addIssue({ code: 'custom', message, path: ['weights'] })
  })
export type ShardingParameters = z.infer<typeof shardingSchema>

/**
 * What a topology is made from. Plain JSON with every default filled in: it is written in scenario files, kept with a
 * running stack (so that `scale` and `bench` can make the topology again) and repeated in the record.
 */
export const stackParametersSchema = z
  .strictObject({
    kind: z.enum(['single', 'balanced', 'replicated', 'sharded']),
    replicas: z.number().int().min(1).max(MAX_REPLICAS).default(1).describe('API instances'),
    balancer: z.enum(BALANCERS).default('auto').describe('auto: nginx where there is one, else the built-in balancer'),
    strategy: z.string().default('round-robin'),
    weights: z.array(z.number().int().min(1).max(1_000)).nullable().default(null).describe('one per replica'),
    work: workSchema.prefault({ kind: 'model' }),
    seed: z.number().int().nonnegative().default(1).describe('of the service times; each instance mixes in its id'),
    app: z
      .union([z.strictObject({ command: z.string().min(1) }), z.strictObject({ image: z.string().min(1) })], {
        error: 'expected either command: a shell command, or image: its name',
      })
      .nullable()
      .default(null)
      .describe('your own application instead of the sample API; {port} in the command is where it must listen'),
    app_port: z.number().int().min(1).max(65_535).default(8_000).describe('port that an own image listens on'),
    app_ready: z
      .string()
      .startsWith('/')
      .default('/')
      .describe('path that answers below 500 once the application works'),
    cpus: positive.max(1_024).nullable().default(null).describe('processor limit of each API instance (Docker)'),
    memory_mib: z
      .number()
      .int()
      .min(16)
      .nullable()
      .default(null)
      .describe('memory limit of each API instance (Docker)'),
    port: z.number().int().min(1).max(65_535).nullable().default(null).describe('port of the entry on the host'),
    database: databaseSchema.nullable().default(null).describe('PostgreSQL behind the API (kind: replicated)'),
    sharding: shardingSchema.nullable().default(null).describe('PostgreSQL shards behind the API (kind: sharded)'),
  })
  .refine((parameters) => (parameters.kind === 'sharded') === (parameters.sharding !== null), {
    message: 'a sharded stack has a sharding section, and no other kind has one',
    path: ['sharding'],
  })
  .refine((parameters) => parameters.sharding === null || parameters.app === null, {
    message: 'a sharded stack runs the sample API: it knows its tables',
    path: ['app'],
  })
  .refine((parameters) => (parameters.kind === 'replicated') === (parameters.database !== null), {
    message: 'a replicated stack has a database section, and no other kind has one',
    path: ['database'],
  })
  .refine((parameters) => parameters.database === null || parameters.app === null, {
    message: 'a replicated stack runs the sample API: it knows its tables',
    path: ['app'],
  })
  .refine((parameters) => parameters.kind !== 'single' || parameters.replicas === 1, {
    message: 'expected 1: more than one instance needs kind: balanced',
    path: ['replicas'],
  })
export type StackParameters = z.infer<typeof stackParametersSchema>
export type StackParametersInput = z.input<typeof stackParametersSchema>

/** The work of the sample API in these parameters; null for an own application, whose work is its own affair. */
export function workOf(parameters: StackParameters): Work | null {
  if (parameters.app !== null) return null
  const { work } = parameters
  if (work.kind !== 'model') return work
  return {
    kind: 'model',
    workers: work.workers,
    distribution: work.distribution,
    meanMs: work.mean_ms,
    queueLimit: work.queue_limit,
  }
}

/** The weight of each instance, by position; 1 where the strategy has none. */
export function weightsOf(parameters: StackParameters): number[] {
  return Array.from({ length: parameters.replicas }, (_, index) => parameters.weights?.[index] ?? 1)
}

/**
 * What a stack can serve by its calibrated work, in requests/s: workers over service time, times the instances. Null where
 * nothing states it: an application of one's own, real work, a database behind it.
 */
export function statedCapacity(
  parameters: Pick<StackParameters, 'app' | 'work' | 'replicas' | 'database' | 'sharding'>,
): number | null {
  const { app, work, replicas, database, sharding } = parameters
  if (app !== null || work.kind !== 'model' || work.mean_ms === 0 || database !== null || sharding !== null) return null
  return (replicas * work.workers * 1_000) / work.mean_ms
}

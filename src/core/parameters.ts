import * as z from 'zod'
import { DATABASE } from './parameters/database.js'
import { shapeOf } from './parameters/row.js'
import { SHARDING } from './parameters/sharding.js'
import { DISTRIBUTIONS, type Work } from './work.js'

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

const databaseSchema = z.strictObject(shapeOf(DATABASE))
export type DatabaseParameters = z.infer<typeof databaseSchema>

const shardingSchema = z.strictObject(shapeOf(SHARDING)).superRefine(({ shards, weights }, context) => {
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
    balancer: z.string().default('auto').describe('auto: nginx where there is one, else the built-in balancer'),
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

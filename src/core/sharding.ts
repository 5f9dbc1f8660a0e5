import * as z from 'zod'
import { REQUEST_KINDS } from './load.js'

const count = z.number().int().nonnegative()
const nullable = z.number().nullable()

/** A shard as the run saw it; rows and bytes are counted by SQL. */
export const shardSchema = z.object({
  id: z.string(),
  slots: count.describe('of the shard map, at the end'),
  weight: z.number().optional().describe('of the shard map; where it could not be asked: as the stack was made'),
  keys: count.nullable().describe('users, at the end; null where it could not be asked'),
  rows: count.nullable().describe('users, orders, transfers and requests'),
  bytes: count.nullable().describe('size of the database'),
  requests: count.describe('answers with X-Shard of this shard alone'),
  share: z.number().describe('of those answers, 0 to 1'),
  kinds: z.partialRecord(z.enum(REQUEST_KINDS), count),
  rps: z.number(),
  p50_ms: nullable,
  p99_ms: nullable,
})
export type ShardRecord = z.infer<typeof shardSchema>

/** Of a stack of shards. */
export const shardingSchema = z.object({
  scheme: z.string(),
  keying: z.string(),
  map_version: count,
  shards: z.array(shardSchema),
  gathered: count.describe('answers gathered from several shards: listings'),
  /** Null where the shards could not be asked. */
  misplaced: count.nullable().describe('rows on a shard that does not own their slot; left over from a migration'),
  misslotted: count.nullable().describe('rows whose slot is not that of their user'),
  duplicated: count.nullable().describe('users that more than one shard serves'),
})
export type ShardingRecord = z.infer<typeof shardingSchema>

/** Rows of one table and a checksum over them that does not depend on their order. */
export const tallySchema = z.object({
  table: z.string(),
  rows: count,
  checksum: z.string().describe('sum of the 64-bit hashes of the rows as text, in decimal'),
})
export type Tally = z.infer<typeof tallySchema>

/** Rows of one shard, counted by SQL. */
export const shardCountSchema = z.object({
  id: z.string(),
  slots: count,
  keys: count.describe('users it serves'),
  rows: count.describe('rows of all sharded tables that it serves'),
  bytes: count,
})
export type ShardCount = z.infer<typeof shardCountSchema>

/** What a migration is to do; known before it begins. */
export const reshardPlanSchema = z.object({
  from: z.object({ scheme: z.string(), shards: z.array(z.string()) }),
  to: z.object({ scheme: z.string(), shards: z.array(z.string()) }),
  moves: z
    .array(z.object({ from: z.string(), to: z.string(), slots: count, keys: count, rows: count, bytes: count }))
    .describe('counted by SQL'),
  keys: z.object({ total: count, moved: count, minimum: count }),
  rows: z.object({ total: count, moved: count }),
  bytes: z.object({ total: count, moved: count }),
})
export type ReshardPlan = z.infer<typeof reshardPlanSchema>

/** Rows that move together: some slots from one shard to another, held for writing at the same time. */
export const batchSchema = z.object({
  from: z.string(),
  to: z.string(),
  slots: count,
  rows: count.describe('as verified on both sides before the switch'),
  bytes: count,
  caught_up: count.describe('changes by clients during the copy, applied again'),
  started_ms: z.number().describe('on the run clock'),
  copy_ms: z.number(),
  catch_up_ms: z.number(),
  /** From the moment that writes began to wait to the moment that the new owner served them. */
  held_ms: z.number(),
  dropped_ms: z.number().describe('until the old rows were gone'),
})
export type Batch = z.infer<typeof batchSchema>

export const RESHARD_OUTCOMES = ['moved', 'rolled back', 'interrupted', 'failed'] as const

/** A migration and what came of it. */
export const reshardSchema = z.object({
  id: z.string(),
  outcome: z.enum(RESHARD_OUTCOMES),
  plan: reshardPlanSchema,
  options: z.object({
    max_rows_per_second: nullable,
    chunk_rows: count.describe('rows that are copied at a time'),
    batch_rows: count.describe('rows that are held for writing at a time, about'),
  }),
  started_ms: z.number().describe('on the run clock'),
  ended_ms: z.number(),
  batches: z.array(batchSchema),
  moved_rows: count,
  moved_bytes: count,
  held_ms: z.object({ count, p50: nullable, p95: nullable, p99: nullable, max: nullable }),
  waited_ms: z.number().describe('for shards that did not answer'),
  before: z.array(shardCountSchema).describe('keys per shard counted by SQL before'),
  after: z.array(shardCountSchema),
  tallies: z
    .array(z.object({ table: z.string(), before: count, after: count }))
    .describe('rows of all shards together; clients may have added some meanwhile'),
  misplaced: count.nullable().describe('rows left on a shard that does not own them'),
  duplicated: count.nullable(),
  added: z.array(z.string()).describe('shards that were started for it'),
  removed: z.array(z.string()),
})
export type ReshardRecord = z.infer<typeof reshardSchema>

export const RESHARD_PHASES = [
  'starting shards',
  'copying',
  'catching up',
  'holding',
  'dropping',
  'waiting',
  'done',
] as const

/** How far a migration is, for views. */
export interface ReshardProgress {
  phase: (typeof RESHARD_PHASES)[number]
  from: string | null
  to: string | null
  moved_rows: number
  total_rows: number
  /** Over the last seconds. */
  rows_per_s: number
  /** Null while nothing can be said. */
  left_ms: number | null
  batches: number
  total_batches: number
  /** The longest hold so far, in milliseconds. */
  longest_held_ms: number | null
  /** What it waits for, or null. */
  waiting_for: string | null
}

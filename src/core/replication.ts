import * as z from 'zod'
import { REQUEST_KINDS } from './load.js'

const count = z.number().int().nonnegative()
const nullable = z.number().nullable()

/** What a signal says over the counted part; null where there was never a value. */
export const lagSchema = z.object({
  samples: count,
  idle: count.describe('readings without a value because nothing was being written'),
  mean: nullable,
  p50: nullable,
  p95: nullable,
  p99: nullable,
  max: nullable,
})
export type Lag = z.infer<typeof lagSchema>

/** A standby as the run saw it. */
export const standbySchema = z.object({
  id: z.string(),
  state: z.string().describe('at the end: streaming, catchup, down, slot lost'),
  sync_state: z.string().describe('async, sync, quorum or potential'),
  heartbeat_ms: lagSchema.describe('ground truth: how old the newest row is that can be read on it, on one clock'),
  write_lag_ms: lagSchema.describe('pg_stat_replication: until the standby had written, the reply included'),
  flush_lag_ms: lagSchema,
  replay_lag_ms: lagSchema,
  replay_bytes: lagSchema.describe('WAL that the primary has written and the standby not yet replayed, in bytes'),
})
export type StandbyRecord = z.infer<typeof standbySchema>

export const replicationSchema = z.object({
  durability: z.string(),
  synchronous_standby_names: z.string(),
  primary: z.string().nullable().describe('id of the primary at the end'),
  timeline: count.nullable().describe("the primary's timeline at the end"),
  standbys: z.array(standbySchema),
  series: z
    .array(
      z.object({
        t_ms: z.number(),
        id: z.string(),
        heartbeat_ms: nullable,
        replay_lag_ms: nullable.describe('null: idle'),
        replay_bytes: nullable,
      }),
    )
    .describe('lag over the run, for charts; at most 600 points of each standby'),
})
export type ReplicationRecord = z.infer<typeof replicationSchema>

/** Writes of a run by what became of them, held against the database afterwards. */
export const writesSchema = z.object({
  acknowledged: count,
  refused: count,
  unknown: count,
  /** Null where the database could not be read afterwards. */
  lost: z.array(z.string()).nullable().describe('ids of acknowledged writes that are not in the database'),
  recovered: count.nullable().describe('unknown writes that are in the database'),
  duplicated: z.array(z.string()).nullable(),
})
export type WritesRecord = z.infer<typeof writesSchema>

/** Writes that were asked for, whatever became of them; 0 for a load of reads alone. */
export function attempts({ acknowledged, refused, unknown }: WritesRecord): number {
  return acknowledged + refused + unknown
}

export const readsSchema = z.object({
  consistency: z.string(),
  checked: count.describe('reads of a key with an acknowledged write before'),
  stale: count.describe("missed the client's own acknowledged write"),
  backwards: count.describe('returned an older version than an earlier read'),
  age_ms: lagSchema.describe('of stale reads: since the first missed write was acknowledged'),
})
export type ReadsRecord = z.infer<typeof readsSchema>

/** Answers by the database server that gave them. */
export const databaseAnswersSchema = z.object({
  id: z.string(),
  kinds: z.partialRecord(z.enum(REQUEST_KINDS), count),
})

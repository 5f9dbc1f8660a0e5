import * as z from 'zod'
import { verdictSchema } from './record.js'

/** Version of the plan's schema. */
export const SHARD_PLAN_SCHEMA = 'scalelab/shard-plan@1'

const count = z.number().int().nonnegative()
const nullable = z.number().nullable()

const shardsSchema = z.array(z.object({ id: z.string(), weight: z.number() }))

/** What a scheme does to the keys in one step, from one set of shards to the next. */
export const schemeStepSchema = z.object({
  moved_fraction: z.number().describe('keys whose shard is another one afterwards'),
  minimum_fraction: z
    .number()
    .describe('what any scheme must move to lie by weight before and after; an uneven one may move a little less'),
  unnecessary_fraction: z
    .number()
    .describe('keys moved from a shard that stays to another that was there before, where no weight asked for it'),
  movement: z
    .array(z.object({ from: z.string(), to: z.string(), keys: count }))
    .describe('keys that change from one shard to another; no row for what stays'),
  after: z.array(z.object({ id: z.string(), keys: count, traffic: z.number().describe('share of the requests') })),
  cv: z.number().describe('coefficient of variation of keys / weight after the step'),
  peak_to_mean: z.number(),
  traffic_peak_to_mean: z.number().describe('the same of requests: popular keys make shards hot'),
  chi_square: z.number(),
  p_value: nullable.describe('of chi-square against shares by weight'),
})
export type SchemeStep = z.infer<typeof schemeStepSchema>

export const schemePlanSchema = z.object({
  scheme: z.string(),
  summary: z.string(),
  source: z.string(),
  weighted: z.boolean().optional().describe('false when it gives every shard the same share, whatever its weight'),
  parameters: z.record(z.string(), z.union([z.string(), z.number()])).describe('those that the scheme heeds'),
  /** Of all steps together (from the first to the last set of shards), as the steps have them. */
  moved_fraction: z.number(),
  minimum_fraction: z.number(),
  unnecessary_fraction: z.number(),
  cv: z.number(),
  peak_to_mean: z.number(),
  chi_square: z.number(),
  p_value: nullable,
  traffic_peak_to_mean: z.number(),
  lookups_per_s: nullable.describe('in one thread, on this machine; null where it was not measured'),
  memory_bytes: z.number(),
  before: z.array(z.object({ id: z.string(), keys: count, traffic: z.number() })),
  steps: z.array(schemeStepSchema),
  /** Of rings, after the last step: arcs in order from 0 on, as [end in 0..1, shard id]; at most 2,000. Null for others. */
  ring: z.array(z.tuple([z.number(), z.string()])).nullable(),
  ring_before: z
    .array(z.tuple([z.number(), z.string()]))
    .nullable()
    .optional()
    .describe('the same before the first step'),
  /** Why the scheme cannot do what was asked, or what to know about it. */
  note: z.string().nullable(),
})
export type SchemePlan = z.infer<typeof schemePlanSchema>

/** What every scheme would do to the same keys. */
export const shardPlanSchema = z.object({
  schema: z.literal(SHARD_PLAN_SCHEMA),
  keys: z.object({
    count,
    source: z.string().describe('"uniform", "sequential", "zipf" or the path of a file'),
    seed: z.number(),
    exponent: nullable.describe('of zipf'),
  }),
  /** The sets of shards, the first being what is there: one more than there are steps. */
  stages: z.array(shardsSchema).min(2),
  schemes: z.array(schemePlanSchema),
  left_out: z
    .array(z.object({ scheme: z.string(), reason: z.string() }))
    .optional()
    .describe('schemes that were asked for together with all others and cannot do it'),
  verdicts: z.array(verdictSchema),
  author: z.string().optional().describe('who made it, as in --author; never an address'),
  command: z.string().optional().describe('what repeats it, as it is typed in a shell'),
  environment: z.object({ scalelab: z.string(), node: z.string(), platform: z.string(), cpu: z.string() }),
})
export type ShardPlan = z.infer<typeof shardPlanSchema>

import * as z from 'zod'
import { METRIC_NAMES, METRICS } from './metrics.js'

/** Version of the experiment file format. */
export const EXPERIMENT_SCHEMA = 'scalelab/experiment@1'

/** Blocks unless told: the smallest p of ten is 0.002, so that twenty-five comparisons can still be told apart. */
export const DEFAULT_BLOCKS = 10
/** The fewest whose smallest p, 2 / 2^6 = 0.031, is significant in a comparison of two. */
export const QUICK_BLOCKS = 6
/** Differences within this share either way are none that matters. */
export const DEFAULT_MARGIN = 0.03

const name = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,39}$/, 'lower-case letters, digits, dots and dashes, at most 40')
/** A flag's value as YAML gives it: 2ms, 3, true. */
const value = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const settings = z.record(z.string(), value)

const variantSchema = z.strictObject({
  name: z.string().min(1).max(60).optional().describe('what it is called; what sets it apart, if left out'),
  scenario: z.string().min(1).optional(),
  set: settings.default({}).describe('flags of bench without their dashes, as in strategy: least-conn'),
})

/** A metric by its name or its short name. */
const metricSchema = z.enum([...METRIC_NAMES, ...METRICS.map(({ short }) => short)] as [string, ...string[]])

/** A claim on one variant, or on the ratio of two. */
export const claimSchema = z
  .strictObject({
    claim: z.string().min(1),
    source: z.string().optional().describe('where the claim stands'),
    metric: metricSchema,
    variant: z.string().min(1),
    of: z
      .enum(['value', 'ratio'])
      .default('ratio')
      .describe('whether min and max bound the median of its runs, or its ratio to the baseline'),
    baseline: z.string().min(1).optional().describe('another variant than the baseline of the experiment'),
    min: z.number().optional(),
    max: z.number().optional(),
    if_missed: z.string().optional().describe('why it is known not to hold, where it does not'),
  })
  .refine((claim) => claim.min !== undefined || claim.max !== undefined, {
    message: 'a claim needs min or max',
    path: ['min'],
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
    message: 'expected at most max: nothing lies between the two',
    path: ['min'],
  })
export type Claim = z.infer<typeof claimSchema>

/** What acts beside the load of every run: a drill on a node, or a migration of rows. */
export const actSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('drill'),
      node: z.string().min(1).describe('primary, standby-1, api-1, ...'),
      fault: z.enum(['kill', 'stop', 'pause']).default('kill'),
    }),
    z.strictObject({ kind: z.literal('reshard'), to: z.number().int().min(1).max(16) }),
  ])
  .nullable()
export type ActSettings = z.infer<typeof actSchema>

/** An experiment file: variants under one load, in blocks, with what should come out. */
export const experimentSchema = z
  .strictObject({
    schema: z.literal(EXPERIMENT_SCHEMA),
    name,
    question: z.string().min(1),
    reading: z.string().optional().describe('how to read the answer'),
    scenario: z.string().min(1).optional().describe('of every variant that names none'),
    set: settings.default({}).describe('flags of bench for every variant: the load, and what they have in common'),
    vary: z
      .record(z.string(), z.array(value).min(1))
      .optional()
      .describe('flags with their values: every combination is a variant'),
    variants: z.array(variantSchema).min(2).optional().describe('instead of vary: one by one'),
    baseline: z.string().optional().describe('the variant that the others are held against; the first, if left out'),
    blocks: z.number().int().min(2).max(200).default(DEFAULT_BLOCKS),
    seed: z
      .number()
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(1),
    margin: z
      .number()
      .min(0.001)
      .max(0.5)
      .default(DEFAULT_MARGIN)
      .describe('differences within it are none that matters'),
    metrics: z.array(metricSchema).min(1).optional().describe('the first decides, the others are looked at as well'),
    act: actSchema.default(null),
    expect: z.array(claimSchema).default([]),
  })
  .refine((experiment) => (experiment.vary === undefined) !== (experiment.variants === undefined), {
    message: 'an experiment needs either vary, as in strategy: [round-robin, least-conn], or variants',
    path: ['vary'],
  })
  .refine(
    (experiment) =>
      experiment.scenario !== undefined ||
      experiment.variants?.every((v) => v.scenario !== undefined) ||
      experiment.vary?.scenario !== undefined,
    { message: 'missing; each variant needs a scenario, or the experiment one for all', path: ['scenario'] },
  )
export type Experiment = z.infer<typeof experimentSchema>

import * as z from 'zod'
import { actSchema, claimSchema } from './experiment.js'
import { shownHeader } from './header-secrets.js'

/** Version of a comparison's schema; raised when a reader of the old one would misread the new one. */
export const COMPARISON_SCHEMA = 'scalelab/comparison@1'

const count = z.number().int().nonnegative()

export const comparedVariantSchema = z.object({
  name: z.string(),
  scenario: z.string(),
  set: z.record(z.string(), z.string()).describe('flags that set it apart, without their dashes'),
  failure: z.string().nullable().describe('why it could not run; the others went on'),
})
export type ComparedVariant = z.infer<typeof comparedVariantSchema>

/** One run on fresh processes. */
export const comparedRunSchema = z.object({
  block: count.describe('from 1'),
  variant: z.string(),
  record: z.string().nullable().describe("folder of its record, below the comparison's own; null where it failed"),
  doubts: z.array(z.string()).describe('validity checks that voided it, in words'),
  failure: z.string().nullable(),
  ended_at: z.string(),
})
export type ComparedRun = z.infer<typeof comparedRunSchema>

/** Levels of a scaling experiment: what was multiplied in a variant, and how often. */
export const levelSchema = z.object({
  variant: z.string(),
  way: z.enum(['horizontal', 'vertical']).describe('more instances, or a larger one'),
  n: z.number().positive().describe('instances, or workers or processors of the one'),
})
export type Level = z.infer<typeof levelSchema>

/**
 * A comparison of variants: what was planned, and every run so far. It is written before the first run and after each, so
 * that it can be taken up again. What came out is in the records of its runs, and is computed from them.
 */
export const comparisonSchema = z.object({
  schema: z.literal(COMPARISON_SCHEMA),
  id: z.string(),
  kind: z.enum(['compare', 'scaling', 'aa']),
  name: z.string(),
  question: z.string(),
  reading: z.string().nullable(),
  command: z.string().describe('what to type to repeat it'),
  author: z.string().optional().describe('who made it, as in --author; never an address'),
  started_at: z.string(),
  ended_at: z.string().nullable(),
  /** 'failed': a variant could not run; what the others showed stands. */
  status: z.enum(['running', 'complete', 'interrupted', 'failed']),
  seed: count,
  blocks: count.describe(
    'blocks asked for; those with a run in doubt by the laboratory are made up for, unless it is a single one',
  ),
  gathered: z
    .boolean()
    .optional()
    .describe('made of runs that were there, and so were not run in turn; each block has one of every variant'),
  margin: z.number(),
  metrics: z.array(z.string()).min(1).describe('names; the first decides'),
  baseline: z.string(),
  set: z.record(z.string(), z.string()).describe('flags of every variant, without their dashes'),
  act: actSchema,
  variants: z.array(comparedVariantSchema).min(1),
  order: z.array(z.array(z.string())).describe('of each block that was begun: its variants in the order of their runs'),
  runs: z.array(comparedRunSchema),
  levels: z.array(levelSchema).describe('of a scaling experiment'),
  draws: count
    .nullable()
    .describe('of a comparison of a variant with itself: comparisons that are drawn from its runs'),
  expect: z.array(claimSchema),
})
export type Comparison = z.infer<typeof comparisonSchema>

/** Whether there is a variant of which there is one run by plan: it has figures, and nothing can be judged. */
export function isOneBlock({ kind, blocks }: Pick<Comparison, 'kind' | 'blocks'>): boolean {
  return kind === 'compare' && blocks === 1
}

/** A comparison as it may be kept and shown. */
export function withoutSecrets(comparison: Comparison): Comparison {
  const { header } = comparison.set
  if (header === undefined) return comparison
  return { ...comparison, set: { ...comparison.set, header: header.split('\n').map(shownHeader).join('\n') } }
}

import { z } from 'zod'

/** Version of the schema of fits.json. */
export const SCALING_DATA_SCHEMA = 'scalelab/fits@1'

/** Fewer levels than this determine no law of scaling. */
export const FEWEST_LEVELS = 3

const positive = z.number().positive()

/** What laws of scaling were fitted to: all that their report is made from. fits.json holds the fits beside it. */
export const scalingDataSchema = z.object({
  schema: z.literal(SCALING_DATA_SCHEMA),
  source: z.string().describe('where the numbers come from'),
  author: z.string().optional().describe('who made it, as in --author; never an address'),
  command: z.string().describe('what fits them again'),
  points: z
    .array(z.object({ n: positive.describe('workers'), x: positive.describe('their throughput') }))
    .refine((points) => new Set(points.map(({ n }) => n)).size >= FEWEST_LEVELS, {
      message: `expected ${FEWEST_LEVELS} levels of n or more`,
    }),
})
export type ScalingData = z.infer<typeof scalingDataSchema>

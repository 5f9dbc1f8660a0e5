import * as z from 'zod'

/** Version of the schema of fits.json. */
export const SCALING_DATA_SCHEMA = 'scalelab/fits@1'

/** Fewer levels than this determine no law of scaling. */
export const FEWEST_LEVELS = 3

/** Beyond these nothing is counted or measured, and the sums of squares of a fit would leave the range of numbers. */
export const LARGEST_N = 1e9
export const LARGEST_X = 1e15
export const SMALLEST = 1e-15
/** More points than this are refused: levels are left out one by one, and a law of scaling needs tens of points. */
export const MOST_POINTS = 500

const within = (most: number) => z.number().min(SMALLEST).max(most)

/** What laws of scaling were fitted to: all that their report is made from. fits.json holds the fits beside it. */
export const scalingDataSchema = z.object({
  schema: z.literal(SCALING_DATA_SCHEMA),
  source: z.string().describe('where the numbers come from'),
  author: z.string().optional().describe('who made it, as in --author; never an address'),
  command: z.string().describe('what fits them again'),
  points: z
    .array(z.object({ n: within(LARGEST_N).describe('workers'), x: within(LARGEST_X).describe('their throughput') }))
    .max(MOST_POINTS)
    .refine((points) => new Set(points.map(({ n }) => n)).size >= FEWEST_LEVELS, {
      message: `expected ${FEWEST_LEVELS} levels of n or more`,
    }),
})
export type ScalingData = z.infer<typeof scalingDataSchema>

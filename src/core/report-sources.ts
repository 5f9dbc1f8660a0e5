import * as z from 'zod'

/** Version of the schema of sources.json. */
export const SOURCES_SCHEMA = 'scalelab/sources@1'

const folders = z.array(z.string()).describe('run folders, relative to the folder that this lies in')

/** What a report over several runs was made from, so that it can be made again: it has no figures of its own. */
export const reportSourcesSchema = z.object({
  schema: z.literal(SOURCES_SCHEMA),
  report: z.enum(['comparison', 'drills', 'diff', 'comparison-diff']),
  runs: folders,
  repeats: z
    .object({ old: folders, new: folders })
    .optional()
    .describe('of a diff: runs that repeat the older and the newer one, for the scatter'),
})
export type ReportSources = z.infer<typeof reportSourcesSchema>

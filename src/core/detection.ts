import * as z from 'zod'

/** Version of the schema of guard.json. */
export const GUARD_SCHEMA = 'scalelab/guard@1'

const count = z.number().int().nonnegative()

/** How a setting of a failure detector did: how soon it noticed, and how often it was wrong. */
const detectionRowSchema = z.object({
  interval_ms: z.number(),
  misses: count,
  detection_ms: z
    .array(z.number())
    .describe('from a freeze to its detection, one per freeze; empty where none was measured'),
  watched_ms: z.number(),
  probes: count,
  missed: count.describe('probes that stayed unanswered for an interval; fewer in a row than `misses` are no alarm'),
  late: count.describe(
    'probes whose time was up because the watching process itself had not run: they count as nothing',
  ),
  false_alarms: count.describe('alarms about a server that ran'),
})
export type DetectionRow = z.infer<typeof detectionRowSchema>

/** What a guard did; the only input of its report. */
export const guardReportSchema = z.object({
  schema: z.literal(GUARD_SCHEMA),
  stack: z.string(),
  author: z.string().optional().describe('who made it, as in --author; never an address'),
  started_at: z.string().describe('when it began, ISO 8601'),
  length_ms: z.number().nullable().describe('how long it was asked to watch; null: until it was stopped'),
  freezes: count.describe('how often it was asked to freeze the primary first'),
  acts: z.boolean().describe('false: it only counted'),
  watched_ms: z.number(),
  false_alarms: count,
  failovers: z.array(
    z.object({
      old: z.string(),
      promoted: z.string(),
      detected: z.string(),
      promoted_ms: z.number().describe('from the alarm until the new primary accepted writes'),
      took_ms: z.number().describe('from the alarm until the old one streamed from it'),
      false_alarm: z.boolean(),
    }),
  ),
  settings: z.array(detectionRowSchema).describe('the deciding one first'),
  host: z.object({ cores: count, cpu: z.string(), cpu_share: z.number().nullable() }),
})
export type GuardReport = z.infer<typeof guardReportSchema>

import * as z from 'zod'

const count = z.number().int().nonnegative()
const ms = z.number().nullable()

export const DRILL_FAULTS = ['kill', 'stop', 'pause'] as const

/** What can happen in a drill; times are on the run's clock. */
export const DRILL_EVENTS = [
  'fault',
  'first failed request',
  'detected',
  'fenced',
  'chosen',
  'promoted',
  'first acknowledged write',
  'sibling streaming',
  'old node back',
  'last failed request',
] as const
export type DrillEventName = (typeof DRILL_EVENTS)[number]

export const drillEventSchema = z.object({
  t_ms: z.number().describe('on the run clock; the fault has a time of its own'),
  event: z.enum(DRILL_EVENTS),
  node: z.string().nullable(),
  detail: z.string().nullable().describe('how it was found out, what was done, in a few words'),
})
export type DrillEvent = z.infer<typeof drillEventSchema>

/** A drill of one fault on one node under load, and what it cost. */
export const trialSchema = z.object({
  node: z.string().describe('the node that the fault struck'),
  role: z.enum(['primary', 'standby', 'api']).describe('what it was at that moment'),
  fault: z.enum(DRILL_FAULTS),
  promoted: z.string().nullable().describe('the standby that became the primary'),
  /**
   * Primary: from the fault to the acknowledgement of the first write by the new primary. Others: from the fault to the
   * end of the last request that failed or write that waited for more than a second because of it, 0 where none did. Null: service did not come back.
   */
  rto_ms: ms,
  outage: z
    .object({
      ms: z.number().nonnegative(),
      ended: z.boolean().describe('false: no write was acknowledged any more until the load ended'),
    })
    .nullable()
    .optional()
    .describe('longest time without an acknowledged write that ended after the fault: what clients saw of it'),
  detected_ms: ms.describe('from the fault to its detection'),
  promoted_ms: ms.describe('from the fault to the end of the promotion'),
  back_ms: ms.describe('from the fault until the old node served (a database: streamed) again'),
  back_after_failover_ms: ms.describe('the same from the first acknowledged write of the new primary'),
  acknowledged: count.describe('writes acknowledged in the whole run'),
  lost: z
    .array(z.string())
    .describe('ids (idempotency keys) of acknowledged writes that are not there afterwards: RPO'),
  refused: count,
  unknown: count.describe('writes whose outcome no client could know'),
  recovered: count.describe('unknown writes that turned out to be there'),
  duplicated: z.array(z.string()).describe('ids of writes that are there more than once'),
  diverged: count.nullable().describe('rows that only the old primary had; kept in a file beside the record'),
  stale_reads: count,
  backwards_reads: count,
  failed_requests: count.describe('requests not answered well from the fault on'),
  timeline: z.array(drillEventSchema),
})
export type Trial = z.infer<typeof trialSchema>

/**
 * What `scalelab failover` is asked to strike: the primary goes by its role, because repeated drills find it on one
 * server after the other.
 */
export function drillTargetOf({ node, role }: Pick<Trial, 'node' | 'role'>): string {
  return role === 'primary' ? role : node
}

import * as z from 'zod'

/** A moment of a scenario's timeline: when, in milliseconds, and an action in words ("kill api-2"). */
export interface TimelineLine {
  at: number
  do: string
}

/** What was done to a running stack, and what became of it. Times are on the run clock, in milliseconds. */
export const actionSchema = z.object({
  action: z.string().describe('as a timeline has it: "kill api-2"'),
  kind: z.string().describe('its first word'),
  node: z.string().nullable().describe('null: done to the whole stack'),
  by: z.enum(['timeline', 'end']).describe('end: what was not taken back when the load had ended'),
  asked_ms: z.number().describe('when it should begin'),
  began_ms: z.number().nullable().describe('null: its time never came'),
  ended_ms: z.number().nullable(),
  outcome: z.enum(['done', 'failed', 'left out']),
  error: z.string().optional(),
  undoes: z.number().int().optional().describe('the number, from 1, of the action that it takes back'),
})
export type ActionRecord = z.infer<typeof actionSchema>

/** How faults were recorded before there were actions. */
export const faultSchema = z.object({
  fault: z.string(),
  node: z.string(),
  at_ms: z.number().describe('into the counted part'),
  for_ms: z.number(),
})
export type FaultRecord = z.infer<typeof faultSchema>

import * as z from 'zod'
import { ARRIVALS } from './load.js'
import { runRecordSchema, validitySchema } from './record.js'

/** Version of the schema of capacity.json. */
export const CAPACITY_SCHEMA = 'scalelab/capacity@1'
/** Its name, in the folder of the search. */
export const CAPACITY_FILE = 'capacity.json'

const count = z.number().int().nonnegative()
const nullable = z.number().nullable()
const run = runRecordSchema.shape

export const CAPACITY_OUTCOMES = [
  'confirmed',
  'holds up to the maximum',
  'nothing holds',
  'laboratory in doubt',
  'probe limit',
] as const

/** One run at an offered rate, and whether the objective held in it. */
export const capacityProbeSchema = z.object({
  rps: z.number().describe('offered rate, requests/s'),
  phase: z.enum(['bracket', 'bisection', 'confirmation', 'repeat']),
  holds: z
    .boolean()
    .nullable()
    .describe('null: missed while the laboratory was in doubt, which says nothing of the system'),
  reason: z.string().nullable().describe('why it does not hold, or why it says nothing'),
  p50_ms: nullable,
  p95_ms: nullable,
  p99_ms: nullable,
  achieved_rps: z.number(),
  errors: nullable.describe('share of the due requests that were not answered well'),
  doubts: z.array(z.string()),
  validity: z.array(validitySchema),
  seed: z.number().describe('of the arrivals: another one for every probe'),
  idle_after_ms: nullable.describe('until no instance had a request left; null where that cannot be asked'),
  run: z.string().describe('its own record, from the folder of capacity.json'),
})
export type CapacityProbe = z.infer<typeof capacityProbeSchema>

export const capacityRecordSchema = z.object({
  schema: z.literal(CAPACITY_SCHEMA),
  id: z.string(),
  scenario: z.string(),
  scenario_file: z.string().optional(),
  stack: z.string().describe('what was measured, in words'),
  engine: run.engine,
  target: z.string(),
  author: z.string().optional().describe('who made it, as in --author; never an address'),
  started_at: z.string(),
  ended_at: z.string(),
  /** 'running': written between two probes; what stays so was killed. */
  status: z.enum(['running', 'complete', 'interrupted', 'failed']),
  failure: z.string().nullable(),
  slo: z.string(),
  objectives: z.array(
    z.object({
      text: z.string(),
      metric: z.string(),
      label: z.string(),
      unit: z.string(),
      comparison: z.string(),
      bound: z.number(),
    }),
  ),
  outcome: z.enum(CAPACITY_OUTCOMES).nullable().describe('null while the search is not over'),
  capacity_rps: nullable.describe('the highest rate that was found to hold; null where none can be named'),
  interval: z
    .tuple([z.number(), z.number()])
    .nullable()
    .describe('the highest rate that was found to hold (0: none), and the lowest that was not, or the maximum'),
  confirmed: z.boolean().describe('whether both ends of the interval have the majority of several probes'),
  maximum_rps: nullable.describe('answers below 400 per second in a closed loop: the upper end of the search'),
  maximum: z
    .object({
      connections: count,
      duration_ms: z.number(),
      doubts: z.array(z.string()),
      validity: z.array(validitySchema),
      run: z.string(),
    })
    .nullable(),
  probes: z.array(capacityProbeSchema).describe('in the order in which they ran'),
  search: z.object({ precision: z.number(), confirm: count, limit: count }),
  load: z.object({
    arrival: z.enum(ARRIVALS),
    duration_ms: z.number(),
    warmup_ms: z.number(),
    connections: count,
    timeout_ms: z.number(),
    seed: z.number(),
    request: run.load.shape.request.nullable().describe('null until the first run has ended'),
    workload: run.load.shape.workload,
  }),
  work: z.string(),
  nodes: run.nodes,
  environment: run.environment.nullable().describe('null until the first run has ended'),
  command: z.string().nullable().describe('what repeats it'),
})

/** Everything known about a search for the capacity of a stack; the only input of its report. */
export type CapacityRecord = z.infer<typeof capacityRecordSchema>

/** What one rate came to over all its probes. */
export interface ProbedRate {
  rps: number
  held: number
  missed: number
  /** In doubt because of the laboratory. */
  void: number
}

/** The probed rates in ascending order. */
export function probedRates(probes: readonly CapacityProbe[]): ProbedRate[] {
  const rates = [...new Set(probes.map(({ rps }) => rps))].toSorted((a, b) => a - b)
  return rates.map((rps) => {
    const own = probes.filter((probe) => probe.rps === rps)
    const having = (holds: boolean | null): number => own.filter((probe) => probe.holds === holds).length
    return { rps, held: having(true), missed: having(false), void: having(null) }
  })
}

/** Where single probes contradict each other: from the lowest rate that missed to the highest that held; null if nowhere. */
export function mixedZone(probes: readonly CapacityProbe[]): [number, number] | null {
  const held = probes.filter(({ holds }) => holds === true).map(({ rps }) => rps)
  const missed = probes.filter(({ holds }) => holds === false).map(({ rps }) => rps)
  const [low, high] = [Math.min(...missed), Math.max(...held)]
  return missed.length > 0 && held.length > 0 && low <= high ? [low, high] : null
}

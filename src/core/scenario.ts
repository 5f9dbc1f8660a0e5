import * as z from 'zod'
import { LabError } from './errors.js'
import {
  ARRIVALS,
  CONSISTENCIES,
  KEY_DISTRIBUTIONS,
  type Load,
  type LoadStage,
  MOST_IDS,
  REQUEST_KINDS,
  type Workload,
} from './load.js'
import { METRIC_NAMES } from './metrics.js'
import { stackParametersSchema } from './parameters.js'
import { SCHEMES } from './shard-map.js'
import { parseDuration } from './units.js'

/** Version of the scenario file format. */
export const SCENARIO_SCHEMA = 'scalelab/scenario@1'

/** A duration as text, no shorter than so many milliseconds and no longer than a day; in milliseconds once it is read. */
function duration(minMs: number) {
  const expected = `expected a duration such as 500ms, 10s or 2m, from ${minMs}ms to 24h`
  return z.string({ error: expected }).transform((text, context) => {
    try {
      const ms = parseDuration(text, 'duration')
      if (ms >= minMs && ms <= 86_400_000) return ms
    } catch (error) {
      if (!(error instanceof LabError)) throw error
    }
    context.addIssue({ code: 'custom', message: expected })
    return z.NEVER
  })
}

/** A counted part (or a stage of it) below this would hold less than a tick. */
const SHORTEST_MS = 500

const rate = z.number().positive().max(1_000_000)

const weight = z.number().positive().max(1_000_000).optional()

export const loadSectionSchema = z
  .strictObject({
    mode: z.enum(['open', 'closed']).describe('open: requests are due at a rate; closed: each connection waits'),
    rps: rate.optional().describe('open: constant rate, requests per second'),
    stages: z
      .array(z.strictObject({ duration: duration(SHORTEST_MS), rps: rate }))
      .min(1)
      .optional()
      .describe('open: one rate after another, instead of rps and duration'),
    arrival: z.enum(ARRIVALS).default('uniform'),
    duration: duration(SHORTEST_MS).prefault('10s'),
    warmup: duration(0).prefault('2s'),
    connections: z.number().int().min(1).max(20_000).default(60),
    timeout: duration(10).prefault('10s').describe('a request without an answer for this long is lost'),
    clients: z.number().int().min(0).max(65_536).default(0).describe('simulated client addresses (X-Forwarded-For)'),
    mix: z
      .strictObject({
        read: weight,
        write: weight,
        order: weight,
        browse: weight,
        stock: weight,
        list: weight,
        transfer: weight,
      })
      .optional()
      .describe('kinds of requests with their weights, instead of one request again and again; needs databases'),
    keys: z
      .strictObject({
        distribution: z.enum(KEY_DISTRIBUTIONS).default('uniform'),
        count: z.number().int().min(1).max(MOST_IDS).optional().describe('users and products; all there are'),
        exponent: z.number().min(0.01).max(10).default(0.99).describe('of zipf'),
      })
      .optional()
      .describe('of a mix: which users and products are asked for'),
    consistency: z.enum(CONSISTENCIES).optional().describe('of a mix: what reads ask for'),
  })
  .refine((load) => load.mode === 'closed' || load.rps !== undefined || load.stages !== undefined, {
    message: 'an open load needs rps or stages',
    path: ['rps'],
  })
  .refine((load) => load.mode === 'open' || (load.rps === undefined && load.stages === undefined), {
    message: 'a closed load has no rate: leave rps and stages out, or write mode: open',
    path: ['mode'],
  })
  .refine((load) => load.rps === undefined || load.stages === undefined, {
    message: 'rps and stages exclude each other',
    path: ['rps'],
  })
  .refine((load) => load.mix === undefined || Object.keys(load.mix).length > 0, {
    message: 'a mix needs a kind of request, as in read: 80',
    path: ['mix'],
  })
  .refine((load) => load.mix !== undefined || (load.keys === undefined && load.consistency === undefined), {
    message: 'keys and consistency belong to a mix, as in mix: { read: 80, write: 20 }',
    path: ['mix'],
  })
export type LoadSection = z.infer<typeof loadSectionSchema>

/** A claim: a metric and where it must lie. */
export const expectationSchema = z
  .strictObject({
    claim: z.string().min(1),
    source: z.string().optional().describe('where the claim stands'),
    metric: z.enum(METRIC_NAMES),
    min: z.number().optional(),
    max: z.number().optional(),
    when: z.enum(['open', 'closed']).optional().describe('the kind of load under which the claim can be judged'),
    drill: z
      .enum(['primary', 'standby', 'api'])
      .optional()
      .describe('judged in drills on such a node alone (scalelab failover)'),
    scheme: z.enum(SCHEMES).optional().describe('judged under this sharding scheme alone'),
    reshard: z
      .string()
      .regex(/^[1-9]\d?-[1-9]\d?$/, 'expected numbers of shards before and after, as in 3-4')
      .optional()
      .describe('judged in such a migration alone (scalelab reshard)'),
    replicas: z
      .enum(['same', 'any'])
      .default('same')
      .describe(
        'whether it also holds for other numbers of replicas (of a replicated stack: standbys, of a sharded one: shards)',
      ),
    if_missed: z.string().min(1).optional().describe('why it is known not to hold: told as the reason when it fails'),
  })
  .refine((expectation) => expectation.min !== undefined || expectation.max !== undefined, {
    message: 'an expectation needs min or max',
    path: ['min'],
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
    message: 'expected at most max: nothing lies between the two',
    path: ['min'],
  })
export type Expectation = z.infer<typeof expectationSchema>

/** A scenario file: a question with its topology, its load and what should come out. */
export const scenarioSchema = z.strictObject({
  schema: z.literal(SCENARIO_SCHEMA),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and dashes, at most 40'),
  question: z.string().min(1),
  reading: z.string().optional().describe('how to read the answer'),
  topology: stackParametersSchema,
  load: loadSectionSchema,
  timeline: z
    .array(
      z.strictObject({
        at: duration(0).describe('into the counted part'),
        do: z.string().min(1).describe('an action, as in "kill api-2"'),
      }),
    )
    .optional()
    .describe('what is done to the stack while the load runs'),
  expect: z.array(expectationSchema).default([]),
})
export type Scenario = z.infer<typeof scenarioSchema>

/** Users and products that a mix asks for where neither the section nor the stack says how many there are. */
const DEFAULT_KEYS = 10_000

/**
 * The load of a scenario's section with its seed and generator count.
 * @param rows users there are; null where that is unknown
 * @param products where they are not as many as the users
 */
export function loadOf(
  section: LoadSection,
  seed: number,
  generators: Load['generators'] = 'auto',
  rows: number | null = null,
  products?: number,
): Load {
  const common = {
    warmupMs: section.warmup,
    connections: section.connections,
    timeoutMs: section.timeout,
    generators,
    clients: section.clients,
    seed,
    workload: workloadOf(section, rows, products),
  }
  const durationMs = section.duration
  if (section.mode === 'closed') return { ...common, mode: 'closed', durationMs }
  const stages: LoadStage[] =
    section.stages === undefined
      ? [{ durationMs, rps: section.rps ?? 0 }]
      : section.stages.map((stage) => ({ durationMs: stage.duration, rps: stage.rps }))
  return { ...common, mode: 'open', arrival: section.arrival, stages }
}

function workloadOf(
  { mix, keys, consistency }: LoadSection,
  rows: number | null,
  products: number | undefined,
): Workload | null {
  if (mix === undefined) return null
  return {
    mix: REQUEST_KINDS.flatMap((kind) => ({ kind, weight: mix[kind] ?? 0 })).filter(({ weight }) => weight > 0),
    keys: {
      distribution: keys?.distribution ?? 'uniform',
      count: keys?.count ?? Math.min(rows ?? DEFAULT_KEYS, MOST_IDS),
      exponent: keys?.exponent ?? 0.99,
      ...(products === undefined ? {} : { products }),
    },
    consistency: consistency ?? 'default',
    run: '',
  }
}

/**
 * The same scenario with another number of API instances, named `<family>-<n>`: what the file says of their number
 * follows, and claims that hold only for the file's own number are left out.
 */
export function withReplicas(scenario: Scenario, name: string, replicas: number): Scenario {
  const { topology } = scenario
  if (topology.replicas === replicas) return { ...scenario, name }
  const changed = withoutClaimsOfNumber(scenario, name, { ...topology, replicas })
  // The number in a replicated scenario's question is that of its standbys, in a sharded one's that of its shards.
  return topology.database === null && topology.sharding === null
    ? withNumber(changed, topology.replicas, replicas)
    : changed
}

/** The same of a replicated scenario, whose number is that of its standbys. Others are returned under the new name. */
export function withStandbys(scenario: Scenario, name: string, standbys: number): Scenario {
  const { database } = scenario.topology
  if (database === null || database.standbys === standbys) return { ...scenario, name }
  const topology = { ...scenario.topology, database: { ...database, standbys } }
  return withNumber(withoutClaimsOfNumber(scenario, name, topology), database.standbys, standbys)
}

/** The same of a sharded scenario, whose number is that of its shards. Others are returned under the new name. */
export function withShards(scenario: Scenario, name: string, shards: number): Scenario {
  const { sharding } = scenario.topology
  if (sharding === null || sharding.shards === shards) return { ...scenario, name }
  const topology = { ...scenario.topology, sharding: { ...sharding, shards } }
  return withNumber(withoutClaimsOfNumber(scenario, name, topology), sharding.shards, shards)
}

function withoutClaimsOfNumber(scenario: Scenario, name: string, topology: Scenario['topology']): Scenario {
  return { ...scenario, name, topology, expect: scenario.expect.filter(({ replicas }) => replicas === 'any') }
}

/** The question asked of another number. As a word of its own: the 3 of "30 s" is another number. */
function withNumber(scenario: Scenario, from: number, to: number): Scenario {
  const number = new RegExp(`\\b${from}\\b( shards\\b)?`)
  return {
    ...scenario,
    question: scenario.question.replace(
      number,
      (_, shards = '') => `${to}${to === 1 ? shards.replace(/s$/, '') : shards}`,
    ),
  }
}

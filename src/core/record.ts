import * as z from 'zod'
import { actionSchema, faultSchema } from './actions.js'
import { errorAnswerSchema } from './error-answers.js'
import { databaseAnswersSchema, readsSchema, replicationSchema, writesSchema } from './replication.js'
import { reshardSchema, shardingSchema } from './sharding.js'
import { trialSchema } from './trial.js'

/** Version of the record's schema; raised when a reader of the old one would misread the new one. */
export const RECORD_SCHEMA = 'scalelab/run@1'

const count = z.number().int().nonnegative()
const nullableNumber = z.number().nullable()

export const ledgerSchema = z.object({
  due: count.describe('requests whose moment came'),
  sent: count,
  ok: count.describe('answered with a status below 400'),
  http_error: count.describe('answered with a status of 400 or more'),
  lost: count.describe('sent, and the connection broke or timed out before the answer'),
  unfinished: count.describe('waiting to be sent or answered when the run ended'),
})

/** Percentiles in milliseconds; null where nothing was measured. */
export const percentilesSchema = z.object({
  count,
  mean: nullableNumber,
  p50: nullableNumber,
  p90: nullableNumber,
  p95: nullableNumber,
  p99: nullableNumber,
  p99_9: nullableNumber,
  max: nullableNumber,
})
export type Percentiles = z.infer<typeof percentilesSchema>

export const instanceSchema = z.object({
  id: z.string().describe('X-Instance-ID of the answers, "unknown" where there was none'),
  requests: count,
  share: z.number(),
  weight: z.number().describe('the share it should have, relative to the others'),
  rps: z.number(),
  p50_ms: nullableNumber,
  p99_ms: nullableNumber,
  errors: count,
})
export type Instance = z.infer<typeof instanceSchema>

export const validitySchema = z.object({
  check: z.string(),
  ok: z.boolean(),
  value: nullableNumber,
  limit: z.number(),
  unit: z.string(),
  /** What it means when it fails, and what to do. */
  meaning: z.string(),
  doubt: z
    .string()
    .optional()
    .describe(
      'what a failed check makes of the result: "generator-limited", "host-limited", "not steady", "overloaded"',
    ),
  reason: z.string().optional().describe('why there is no value'),
})
export type Validity = z.infer<typeof validitySchema>

export const verdictSchema = z.object({
  claim: z.string(),
  source: z.string().nullable().describe('where the claim stands, as in "document 000"'),
  metric: z.string(),
  expected: z.string(),
  measured: nullableNumber,
  unit: z.string(),
  result: z.enum(['pass', 'fail', 'unknown']),
  reason: z.string().nullable().describe('why it is unknown, or what to know about the result'),
})
export type Verdict = z.infer<typeof verdictSchema>

export const eventSchema = z.object({
  t_ms: z.number(),
  level: z.enum(['info', 'warn', 'error']),
  text: z.string(),
})
export type RunEvent = z.infer<typeof eventSchema>

/** One tick of the run, for charts over time. Rates are per second over the tick. */
export const tickSchema = z.object({
  t_ms: z.number().describe('end of the tick on the run clock'),
  offered_rps: nullableNumber,
  achieved_rps: z.number(),
  errors_per_s: z.number(),
  p50_ms: nullableNumber,
  p99_ms: nullableNumber,
  max_ms: nullableNumber,
})
export type TickRow = z.infer<typeof tickSchema>

export const nodeRecordSchema = z.object({
  id: z.string(),
  role: z.string(),
  program: z.string().describe('what ran: "api", "nginx 1.22.1", a command or an image'),
  words: z
    .string()
    .exactOptional()
    .describe('as a sentence calls it, without its version; runs before this was kept lack it'),
})

export const runRecordSchema = z.object({
  schema: z.literal(RECORD_SCHEMA),
  id: z.string(),
  scenario: z.string(),
  scenario_file: z.string().optional().describe('where the scenario is not built in: its file, as it was given'),
  question: z.string(),
  reading: z.string().nullable().describe('how to read the answer'),
  /** Null where the system was already running (--url). */
  engine: z.enum(['docker', 'process', 'fake']).nullable(),
  target: z.string(),
  author: z.string().optional().describe('who made it, as in --author; never an address'),
  started_at: z.string(),
  ended_at: z.string(),
  /** 'interrupted': ended before its time; what there is counts for what it is. */
  status: z.enum(['complete', 'interrupted', 'failed']),
  seed: z.number(),
  parameters: z.record(z.string(), z.unknown()).describe('what the topology was made from'),
  work: z.string().describe('what a request costs: calibrated model, CPU work, nothing, or unknown (own application)'),
  nodes: z.array(nodeRecordSchema),
  load: z.object({
    mode: z.enum(['open', 'closed']),
    arrival: z.enum(['uniform', 'poisson']).nullable(),
    stages: z.array(z.object({ duration_ms: z.number(), rps: z.number() })),
    request: z
      .object({
        method: z.string(),
        path: z.string(),
        headers: z
          .record(z.string(), z.string())
          .describe('values that may hold a secret are left out: "***"; those of a repeated name are joined by commas'),
        fields: z
          .array(z.tuple([z.string(), z.string()]))
          .optional()
          .describe('where a name is repeated: the headers in the order in which they were sent'),
        body: z.string().nullable().describe('null where there is none, or it is long or no text'),
        body_bytes: count.optional().describe('length of a body that was read from a file or from standard input'),
        body_from: z.string().optional().describe('where it was read from: "@payload.json", "@-"'),
        insecure: z.boolean().optional().describe('certificates were not verified'),
      })
      .describe('what was requested'),
    workload: z
      .object({
        mix: z.array(z.object({ kind: z.string(), weight: z.number() })),
        keys: z.object({
          distribution: z.string(),
          count,
          products: count.optional().describe('where they are fewer than users'),
          exponent: z.number(),
        }),
        consistency: z.string(),
        run: z.string().describe('begins the id of every write'),
      })
      .optional()
      .describe('instead of one request: kinds of requests on keys'),
    connections: count,
    clients: count,
    generators: count,
    timeout_ms: z.number(),
    warmup_ms: z.number(),
    planned_ms: z.number().describe('length of the counted part as asked for, in milliseconds'),
    measured_ms: z.number().describe('length of the counted part as it was, in milliseconds'),
    offered_rps: nullableNumber.describe('null for a closed loop'),
    achieved_rps: z
      .number()
      .describe(
        'answers (any status) that arrived in the counted part, per second; the ledger follows requests due in it',
      ),
    goodput_rps: z.number().describe('answers below 400 per second in the counted part'),
    ledger: ledgerSchema,
    statuses: z.record(z.string(), count).describe('answers by status code'),
    losses: z.record(z.string(), count).describe('lost requests by cause'),
    errors: z.array(errorAnswerSchema).optional().describe('what answers of 400 and more said, by status'),
    connect_failures: z
      .record(z.string(), count)
      .optional()
      .describe('attempts to connect that failed while the load ran, by code: "ECONNREFUSED"'),
    warmup_requests: count,
  }),
  actions: z.array(actionSchema).optional().describe('what was done to the stack while the load ran'),
  faults: z.array(faultSchema).optional().describe('of older records, instead of actions: faults as planned'),
  latency: z.object({
    /** From the moment a request was due. For a closed loop the two are the same. */
    response_ms: percentilesSchema,
    /** From the moment it was really sent. */
    service_ms: percentilesSchema,
    /** Answers of 400 and more, from the moment they were due: never mixed with the good ones. */
    error_response_ms: percentilesSchema,
  }),
  instances: z.array(instanceSchema),
  distribution: z.object({
    chi_square: nullableNumber.describe('against the expected weights'),
    degrees_of_freedom: count,
    p_value: nullableNumber,
    jain_index: nullableNumber.describe('Jain fairness index over requests / weight; 1 is even'),
    max_deviation: nullableNumber.describe('largest |share - expected| / expected'),
  }),
  clients: z
    .object({
      answered_again: count.describe('simulated clients that were answered more than once'),
      on_one_instance: count.describe('those of them whom one instance alone answered'),
    })
    .optional()
    .describe('of a load with simulated clients: whether each stayed on one instance'),
  replication: replicationSchema.optional().describe('of a stack with a primary and standbys'),
  databases: z.array(databaseAnswersSchema).optional().describe('answers by database server'),
  writes: writesSchema.optional().describe('of a load with writes'),
  reads: readsSchema.optional().describe('of a load with writes: what reads were held against'),
  trial: trialSchema.optional().describe('of a drill: one fault and what it cost'),
  sharding: shardingSchema.optional().describe('of a stack of shards'),
  reshard: reshardSchema.optional().describe('of a run in which rows moved from shard to shard'),
  up_ms: z.number().optional().describe('how long the stack took to come up, in milliseconds'),
  validity: z.array(validitySchema),
  verdicts: z.array(verdictSchema),
  events: z.array(eventSchema),
  timeline: z.array(tickSchema),
  /** HdrHistogram V2, compressed, base64, in microseconds: for merging and for charts. */
  histograms: z.object({
    response: z.string(),
    service: z.string(),
    instances: z.record(z.string(), z.string()).describe('response time per instance'),
  }),
  environment: z.object({
    scalelab: z.string(),
    node: z.string(),
    platform: z.string(),
    cpu: z.string(),
    cores: count,
    memory_mib: z.number(),
    software: z.record(z.string(), z.string()).describe('versions of what ran: nginx, Docker, images'),
    notes: z.array(z.string()).describe('what the engine could not do, which balancer was taken and why'),
  }),
})

/** Everything known about a run; the only input of reports and comparisons. */
export type RunRecord = z.infer<typeof runRecordSchema>

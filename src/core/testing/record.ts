import { RECORD_SCHEMA, type RunRecord } from '../record.js'

const NO_LATENCY = { count: 0, mean: null, p50: null, p90: null, p95: null, p99: null, p99_9: null, max: null }

/** What a test says of a record; the rest is that of an empty run. */
export interface RecordFacts extends Partial<Omit<RunRecord, 'load' | 'latency' | 'distribution'>> {
  load?: Partial<RunRecord['load']>
  response_ms?: Partial<RunRecord['latency']['response_ms']>
  distribution?: Partial<RunRecord['distribution']>
}

/** A record, written down by hand: for tests of what is read from records. */
export function recordWith(facts: RecordFacts = {}): RunRecord {
  const { load, response_ms, distribution, ...rest } = facts
  return {
    schema: RECORD_SCHEMA,
    id: 'single/2026-11-20T10-15-00Z',
    scenario: 'single',
    question: 'How much?',
    reading: null,
    engine: 'process',
    target: 'http://127.0.0.1:20001',
    started_at: '2026-11-20T10:15:00.000Z',
    ended_at: '2026-11-20T10:15:12.000Z',
    status: 'complete',
    seed: 1,
    parameters: {},
    work: 'no work per request',
    nodes: [],
    load: {
      mode: 'closed',
      arrival: null,
      stages: [],
      request: { method: 'GET', path: '/api/products', headers: {}, body: null },
      connections: 1,
      clients: 0,
      generators: 1,
      timeout_ms: 10_000,
      warmup_ms: 2_000,
      planned_ms: 10_000,
      measured_ms: 10_000,
      offered_rps: null,
      achieved_rps: 0,
      goodput_rps: 0,
      ledger: { due: 0, sent: 0, ok: 0, http_error: 0, lost: 0, unfinished: 0 },
      statuses: {},
      losses: {},
      warmup_requests: 0,
      ...load,
    },
    latency: {
      response_ms: { ...NO_LATENCY, ...response_ms },
      service_ms: NO_LATENCY,
      error_response_ms: NO_LATENCY,
    },
    instances: [],
    distribution: {
      chi_square: null,
      degrees_of_freedom: 0,
      p_value: null,
      jain_index: null,
      max_deviation: null,
      ...distribution,
    },
    validity: [],
    verdicts: [],
    events: [],
    timeline: [],
    histograms: { response: '', service: '', instances: {} },
    environment: {
      scalelab: '0.1.0',
      node: 'v20.0.0',
      platform: 'linux x64',
      cpu: 'any',
      cores: 2,
      memory_mib: 4_096,
      software: {},
      notes: [],
    },
    ...rest,
  }
}

/** Rows of instances by their id and number of requests; all of weight 1. */
export function instances(requests: Readonly<Record<string, number>>, weight = 1): RunRecord['instances'] {
  return Object.entries(requests).map(([id, count]) => ({
    id,
    requests: count,
    share: 0,
    weight,
    rps: 0,
    p50_ms: null,
    p99_ms: null,
    errors: 0,
  }))
}

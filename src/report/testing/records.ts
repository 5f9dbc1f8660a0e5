import { stackParametersSchema } from '../../core/parameters.js'
import type { RunRecord } from '../../core/record.js'
import type { Expectation } from '../../core/scenario.js'
import { checked } from '../../core/validity.js'
import { makeRecord } from './made-up-record.js'

const QUEUE = { seed: 1, meanMs: 2, connections: 60 }

const SINGLE_CLAIMS: Expectation[] = [
  {
    claim: 'one API instance serves about 500 requests/s',
    source: 'document 000, claim 1',
    metric: 'load.achieved_rps',
    min: 450,
    max: 550,
    when: 'closed',
    replicas: 'same',
  },
  {
    claim: 'one API instance at its limit answers in 100 to 300 ms',
    source: 'document 000, claim 1',
    metric: 'latency.response_ms.p50',
    min: 100,
    max: 300,
    when: 'closed',
    replicas: 'same',
  },
]

const BALANCED_CLAIMS: Expectation[] = [
  {
    claim: 'nginx with 3 instances serves about 1,500 requests/s',
    source: 'document 000, claim 2',
    metric: 'load.achieved_rps',
    min: 1_350,
    max: 1_650,
    when: 'closed',
    replicas: 'same',
  },
  {
    claim: 'nginx with 3 instances answers in 50 to 150 ms at its limit',
    source: 'document 000, claim 2',
    metric: 'latency.response_ms.p50',
    min: 50,
    max: 150,
    when: 'closed',
    replicas: 'same',
  },
  {
    claim: 'round robin spreads requests evenly, within 1 % of an equal share',
    source: 'document 000, claims 3 and 4',
    metric: 'distribution.max_deviation',
    max: 0.01,
    replicas: 'any',
  },
]

/** One instance at its limit: healthy. */
export const single = (): RunRecord =>
  makeRecord({ scenario: 'single', queue: { ...QUEUE, instances: 1 }, measuredMs: 10_000, expect: SINGLE_CLAIMS })

/** Three instances behind nginx at their limit: healthy, one expectation missed. */
export const lb3 = (): RunRecord =>
  makeRecord({ scenario: 'lb-3', queue: { ...QUEUE, instances: 3 }, measuredMs: 10_000, expect: BALANCED_CLAIMS })

/** Weights 3,1,1 at an offered rate. */
export const weighted = (): RunRecord =>
  makeRecord({
    scenario: 'lb-weighted',
    queue: { seed: 4, instances: 3, weights: [3, 1, 1], meanMs: 2, connections: 100 },
    stages: [{ duration_ms: 10_000, rps: 600 }],
    measuredMs: 10_000,
    expect: BALANCED_CLAIMS,
  })

/** One instance at half of its capacity, requests at random moments: what M/M/1 speaks of. */
export const halfLoad = (): RunRecord =>
  makeRecord({
    scenario: 'single',
    queue: { seed: 2, instances: 1, meanMs: 2, connections: 100, arrival: 'poisson' },
    stages: [{ duration_ms: 20_000, rps: 250 }],
    measuredMs: 20_000,
  })

/** Three instances in turns, at random moments. */
export const turns = (): RunRecord =>
  makeRecord({
    scenario: 'lb-3',
    queue: { seed: 3, instances: 3, meanMs: 2, connections: 200, arrival: 'poisson' },
    stages: [{ duration_ms: 20_000, rps: 900 }],
    measuredMs: 20_000,
  })

/** The generator could not keep up: every figure is in doubt. */
export const doubtful = (): RunRecord =>
  makeRecord({
    scenario: 'lb-3',
    queue: { ...QUEUE, instances: 3 },
    stages: [{ duration_ms: 5_000, rps: 1_450 }],
    measuredMs: 5_000,
    expect: BALANCED_CLAIMS,
    change: (record) => ({
      ...record,
      id: 'lb-3-2025-11-20T11-00-00Z',
      validity: record.validity.map((row) => {
        if (row.check === 'generator-lateness') return checked('generator-lateness', 18.4, 5)
        return row.check === 'host-cpu' ? checked('host-cpu', 0.991, 0.97) : row
      }),
    }),
  })

/** Stopped by the user after 4.2 of 30 s. */
export const interrupted = (): RunRecord =>
  makeRecord({
    scenario: 'lb-3',
    queue: { ...QUEUE, instances: 3 },
    stages: [{ duration_ms: 30_000, rps: 1_200 }],
    measuredMs: 4_200,
    unfinished: 17,
    expect: BALANCED_CLAIMS,
    change: (record) => ({
      ...record,
      status: 'interrupted',
      events: [...record.events, { t_ms: 6_200, level: 'warn', text: 'interrupted: draining' }],
    }),
  })

/** One instance is killed under an offered rate and comes back: errors, losses and marks in the charts. */
export const outage = (): RunRecord =>
  makeRecord({
    scenario: 'failover-api-1',
    queue: {
      seed: 9,
      instances: 3,
      meanMs: 2,
      connections: 100,
      outage: { instance: 0, from: 8_000, to: 13_000 },
    },
    stages: [{ duration_ms: 18_000, rps: 900 }],
    measuredMs: 18_000,
    change: (record) => ({
      ...record,
      question: 'Does the service go on when one of three instances dies?',
      actions: [
        {
          ...{ action: 'kill api-1', kind: 'kill', node: 'api-1', by: 'timeline', outcome: 'done' },
          ...{ asked_ms: 8_000, began_ms: 8_000, ended_ms: 8_003 },
        },
        {
          ...{ action: 'restore api-1', kind: 'restore', node: 'api-1', by: 'timeline', outcome: 'done', undoes: 1 },
          ...{ asked_ms: 13_000, began_ms: 13_000, ended_ms: 13_000 },
        },
      ],
      events: [
        ...record.events,
        { t_ms: 8_000, level: 'warn', text: 'kill api-1' },
        { t_ms: 8_120, level: 'error', text: 'api-1 is down | connection reset' },
        { t_ms: 13_000, level: 'info', text: 'api-1 is back' },
      ],
      validity: record.validity.filter((row) => !['lost-requests', 'rate-drift', 'latency-drift'].includes(row.check)),
    }),
  })

/** A system that was already running, with answers that name no instance. */
export const external = (): RunRecord =>
  makeRecord({
    scenario: 'url',
    queue: { seed: 5, instances: 1, meanMs: 1.2, connections: 20 },
    stages: [
      { duration_ms: 4_000, rps: 200 },
      { duration_ms: 4_000, rps: 400 },
    ],
    measuredMs: 8_000,
    change: (record) => ({
      ...record,
      question: 'How does http://192.0.2.10:8000 answer?',
      reading: null,
      engine: null,
      target: 'http://192.0.2.10:8000',
      parameters: {},
      work: 'unknown: a system that was already running',
      nodes: [],
      instances: [],
      histograms: { ...record.histograms, instances: {} },
      environment: { ...record.environment, notes: [] },
    }),
  })

/** A student's own application in place of the sample API. */
export const ownApplication = (): RunRecord =>
  makeRecord({
    scenario: 'single',
    queue: { ...QUEUE, instances: 1, meanMs: 3.1, connections: 10 },
    measuredMs: 6_000,
    expect: SINGLE_CLAIMS,
    change: (record) => ({
      ...record,
      id: 'single-2025-11-20T12-00-00Z',
      parameters: stackParametersSchema.parse({ kind: 'single', app: { command: 'uvicorn main:app --port {port}' } }),
      work: 'unknown (own application)',
      nodes: [{ id: 'api-1', role: 'api', program: 'uvicorn main:app --port {port}' }],
    }),
  })

/** Nothing answered before the run failed: no latency at all. */
export const nothing = (): RunRecord =>
  makeRecord({
    scenario: 'single',
    queue: { ...QUEUE, instances: 1, outage: { instance: 0, from: 0, to: 60_000 } },
    stages: [{ duration_ms: 3_000, rps: 100 }],
    measuredMs: 3_000,
    change: (record) => ({
      ...record,
      status: 'failed',
      events: [...record.events, { t_ms: 5_000, level: 'error', text: 'nothing answered at http://127.0.0.1:8080' }],
    }),
  })

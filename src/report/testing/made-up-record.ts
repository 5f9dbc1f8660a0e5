import { stackParametersSchema } from '../../core/parameters.js'
import type { RunRecord, TickRow, Validity } from '../../core/record.js'
import { RECORD_SCHEMA } from '../../core/record.js'
import type { Expectation } from '../../core/scenario.js'
import { checked } from '../../core/validity.js'
import { judgeExpectation } from '../../core/verdict.js'
import { distribution } from '../../stats/distribution.js'
import { Histogram } from '../../stats/histogram.js'
import { type Answer, type QueueOptions, simulate } from './queue.js'

const TICK_MS = 500
const WARMUP_MS = 2_000

/** What distinguishes one made-up run from another; the rest follows from the simulation. */
export interface RunOptions {
  scenario: string
  queue: Omit<QueueOptions, 'lengthMs' | 'rate'>
  /** Offered rates, one after another; none for a closed loop of `measuredMs`. */
  stages?: RunRecord['load']['stages']
  measuredMs: number
  /** How many of the last requests have no answer when the run ends. */
  unfinished?: number
  /** Changes to the finished record. */
  change?: (record: RunRecord) => RunRecord
  expect?: Expectation[]
}

/** A record of a simulated run: every figure in it is counted from the same answers. */
export function makeRecord(options: RunOptions): RunRecord {
  const { queue, measuredMs, stages = [], unfinished = 0 } = options
  const end = WARMUP_MS + measuredMs
  const rate = stages.length === 0 ? null : rateOf(stages)
  const answers = simulate({ ...queue, rate, lengthMs: end })
  const due = answers.filter((answer) => answer.due >= WARMUP_MS)
  const counted = due.slice(0, due.length - unfinished)
  const arrived = counted.filter((answer) => answer.done <= end && answer.outcome !== 'lost')
  const ok = counted.filter((answer) => answer.outcome === 'ok')
  const failed = counted.filter((answer) => answer.outcome === 'http_error')
  const lost = counted.filter((answer) => answer.outcome === 'lost')
  const weights = queue.weights ?? Array.from({ length: queue.instances }, () => 1)
  const perInstance = weights.map((weight, index) => {
    const mine = ok.filter((answer) => answer.instance === index)
    const latency = histogramOf(mine, 'due')
    return {
      row: {
        id: `api-${index + 1}`,
        requests: mine.length,
        share: mine.length / (ok.length + failed.length),
        weight,
        rps: mine.length / (measuredMs / 1_000),
        p50_ms: latency.percentile(50),
        p99_ms: latency.percentile(99),
        errors: 0,
      },
      encoded: latency.encode(),
    }
  })
  const response = histogramOf(ok, 'due')
  const service = histogramOf(ok, 'sent')
  const balanced = queue.instances > 1
  const planned = stages.reduce((sum, stage) => sum + stage.duration_ms, 0)
  const offered = rate === null ? null : stages.reduce((sum, stage) => sum + stage.rps * stage.duration_ms, 0) / planned
  const record: RunRecord = {
    schema: RECORD_SCHEMA,
    id: `${options.scenario}-2025-11-20T10-00-00Z`,
    scenario: options.scenario,
    question: balanced
      ? `Do ${queue.instances} API instances behind a balancer answer as many times the requests of one, evenly spread?`
      : 'How many requests per second does one API instance answer, and how fast?',
    reading: 'Hold it against the other scenario: the ratio of the rates is what the replicas gained.',
    engine: 'process',
    target: 'http://127.0.0.1:8080',
    started_at: '2025-11-20T10:00:00.000Z',
    ended_at: new Date(Date.UTC(2025, 10, 20, 10, 0, 0) + end).toISOString(),
    status: 'complete',
    seed: queue.seed,
    parameters: stackParametersSchema.parse({
      kind: balanced ? 'balanced' : 'single',
      replicas: queue.instances,
      ...(balanced ? { balancer: 'nginx' } : {}),
      ...(queue.weights === undefined ? {} : { strategy: 'weighted', weights: [...queue.weights] }),
      work: { kind: 'model', mean_ms: queue.meanMs },
    }),
    work: `calibrated service model: 1 worker, exp service time, mean ${queue.meanMs} ms (capacity ${Math.round(1_000 / queue.meanMs)} requests/s)`,
    nodes: [
      ...(balanced ? [{ id: 'balancer', role: 'balancer', program: 'nginx 1.22.1' }] : []),
      ...weights.map((_, index) => ({ id: `api-${index + 1}`, role: 'api', program: 'api' })),
    ],
    load: {
      mode: rate === null ? 'closed' : 'open',
      arrival: rate === null ? null : (queue.arrival ?? 'uniform'),
      stages,
      request: { method: 'GET', path: '/api/products', headers: {}, body: null },
      connections: queue.connections,
      clients: 0,
      generators: 1,
      timeout_ms: 10_000,
      warmup_ms: WARMUP_MS,
      planned_ms: measuredMs,
      measured_ms: measuredMs,
      offered_rps: offered,
      achieved_rps: arrived.length / (measuredMs / 1_000),
      goodput_rps: arrived.filter((answer) => answer.outcome === 'ok').length / (measuredMs / 1_000),
      ledger: {
        due: due.length,
        sent: due.length,
        ok: ok.length,
        http_error: failed.length,
        lost: lost.length,
        unfinished,
      },
      statuses: { 200: ok.length, ...(failed.length === 0 ? {} : { 502: failed.length }) },
      losses: lost.length === 0 ? {} : { reset: lost.length },
      warmup_requests: answers.length - due.length,
    },
    latency: {
      response_ms: response.percentiles(),
      service_ms: service.percentiles(),
      error_response_ms: histogramOf(failed, 'due').percentiles(),
    },
    instances: [...perInstance.map(({ row }) => row), ...nameless(failed.length, ok.length, measuredMs)],
    distribution: distribution(perInstance.map(({ row }) => row)),
    validity: validity(offered, arrived.length / (measuredMs / 1_000), unfinished),
    verdicts: [],
    events: [{ t_ms: WARMUP_MS, level: 'info', text: 'warm-up over, counting begins' }],
    timeline: timeline(answers, end, rate),
    histograms: {
      response: response.encode(),
      service: service.encode(),
      instances: Object.fromEntries(perInstance.map(({ row, encoded }) => [row.id, encoded])),
    },
    environment: {
      scalelab: '0.1.0',
      node: 'v20.20.2',
      platform: 'linux x64',
      cpu: 'Example CPU at 2.5 GHz',
      cores: 2,
      memory_mib: 7_954,
      software: balanced ? { nginx: '1.22.1' } : {},
      notes: ['CPU and memory limits are not held: the process engine has no cgroups here'],
    },
  }
  const changed = options.change?.(record) ?? record
  return { ...changed, verdicts: (options.expect ?? []).map((expectation) => judgeExpectation(expectation, changed)) }
}

/** The row of answers that the balancer itself gave; none without them. */
function nameless(failed: number, ok: number, measuredMs: number): RunRecord['instances'] {
  if (failed === 0) return []
  return [
    {
      id: 'unknown',
      requests: failed,
      share: failed / (ok + failed),
      weight: 0,
      rps: failed / (measuredMs / 1_000),
      p50_ms: null,
      p99_ms: null,
      errors: failed,
    },
  ]
}

/** The rate at a moment: the stages after the warm-up, which runs at the first one's rate. */
function rateOf(stages: RunRecord['load']['stages']): (t: number) => number {
  return (t) => {
    let end = WARMUP_MS
    for (const stage of stages) {
      end += stage.duration_ms
      if (t < end) return stage.rps
    }
    return stages.at(-1)?.rps ?? 1
  }
}

function histogramOf(answers: readonly Answer[], from: 'due' | 'sent'): Histogram {
  const histogram = new Histogram()
  for (const answer of answers) histogram.record(answer.done - answer[from])
  return histogram
}

function timeline(answers: readonly Answer[], end: number, rate: ((t: number) => number) | null): TickRow[] {
  const rows: TickRow[] = []
  for (let from = 0; from < end; from += TICK_MS) {
    const to = from + TICK_MS
    const here = answers.filter((answer) => answer.done > from && answer.done <= to)
    const ok = here.filter((answer) => answer.outcome === 'ok')
    const latency = histogramOf(ok, 'due').percentiles()
    const perSecond = 1_000 / TICK_MS
    rows.push({
      t_ms: to,
      offered_rps: rate === null ? null : answers.filter(({ due }) => due > from && due <= to).length * perSecond,
      achieved_rps: here.filter(({ outcome }) => outcome !== 'lost').length * perSecond,
      errors_per_s: (here.length - ok.length) * perSecond,
      p50_ms: latency.p50,
      p99_ms: latency.p99,
      max_ms: latency.max,
    })
  }
  return rows
}

function validity(offered: number | null, achieved: number, backlog: number): Validity[] {
  return [
    ...(offered === null ? [] : [checked('generator-lateness', 0.6, 5)]),
    checked('generator-cpu', 0.31, 0.9),
    checked('generator-event-loop', 2.1, 20),
    checked('host-cpu', 0.62, 0.97),
    checked('host-steal', null, 0.05),
    ...(offered === null
      ? []
      : [
          checked('offered-rate', achieved / offered, 0.98, { atLeast: true }),
          checked('backlog', backlog, Math.round(offered * 0.05)),
        ]),
    checked('lost-requests', 0, 0.001),
    checked('rate-drift', 0.012, 0.1),
    checked('latency-drift', 0.04, 0.5),
  ]
}

import { CAPACITY_SCHEMA, type CapacityProbe, type CapacityRecord } from '../../core/capacity.js'
import { exponential, seededRandom } from '../../core/random.js'
import { checked } from '../../core/validity.js'
import { nextStep, type SearchStep } from '../../stats/capacity-search.js'
import { nearestRank } from '../../stats/quantiles.js'

export interface CapacityOptions {
  instances?: number
  /** Bound of p99 in milliseconds. */
  boundMs?: number
  confirm?: number
  limit?: number
  /** Above this rate generator and host are at their limit. */
  doubtfulFrom?: number
  /** The search is cut off after so many probes. */
  cutAfter?: number
}

const MEAN_MS = 2
const DURATION_MS = 8_000
const WARMUP_MS = 2_000

/** A search in which every probe was really simulated: round robin over exponential servers, Poisson arrivals. */
export function madeUpCapacity(options: CapacityOptions = {}): CapacityRecord {
  const { instances = 3, boundMs = 50, confirm = 3, limit = 40, doubtfulFrom = Number.POSITIVE_INFINITY } = options
  const { cutAfter = Number.POSITIVE_INFINITY } = options
  const maximum = 492.1 * instances
  const probes: CapacityProbe[] = []
  let step: SearchStep = nextStep([], { maximum, precision: 0.02, confirm, limit })
  while (step.kind === 'probe' && probes.length < cutAfter) {
    probes.push(probeOf(step, probes.length, instances, boundMs, doubtfulFrom))
    step = nextStep(probes, { maximum, precision: 0.02, confirm, limit })
  }
  const found = step.kind === 'done' ? step : null
  const balanced = instances > 1
  return {
    schema: CAPACITY_SCHEMA,
    id: `capacity/lb-${instances}/2025-11-20T10-00-00Z`,
    scenario: balanced ? `lb-${instances}` : 'single',
    stack: balanced ? `${instances} instances behind nginx` : 'one instance',
    engine: 'process',
    target: 'http://127.0.0.1:8080',
    started_at: '2025-11-20T10:00:00.000Z',
    ended_at: '2025-11-20T10:02:41.000Z',
    status: found === null ? 'interrupted' : 'complete',
    failure: null,
    slo: `p99<${boundMs}ms,errors<0.1%`,
    objectives: [
      {
        text: `p99<${boundMs}ms`,
        metric: 'latency.response_ms.p99',
        label: 'response time p99',
        unit: 'ms',
        comparison: '<',
        bound: boundMs,
      },
      {
        text: 'errors<0.1%',
        metric: 'load.error_share',
        label: 'requests not answered well',
        unit: 'share',
        comparison: '<',
        bound: 0.001,
      },
    ],
    outcome: found?.outcome ?? null,
    capacity_rps: found?.capacity ?? null,
    interval: found === null ? null : [found.bracket.low, found.bracket.high],
    confirmed: found !== null && ['confirmed', 'holds up to the maximum'].includes(found.outcome),
    maximum_rps: maximum,
    maximum: {
      connections: 200,
      duration_ms: 4_000,
      doubts: [],
      validity: [],
      run: 'runs/lb-3/2025-11-20T10-00-02Z',
    },
    probes,
    search: { precision: 0.02, confirm, limit },
    load: {
      arrival: 'poisson',
      duration_ms: DURATION_MS,
      warmup_ms: WARMUP_MS,
      connections: 200,
      timeout_ms: 10_000,
      seed: 1,
      request: { method: 'GET', path: '/api/products', headers: {}, body: null },
    },
    work: 'calibrated service model: 1 worker, exp service time, mean 2 ms (capacity 500 requests/s)',
    nodes: [
      ...(balanced ? [{ id: 'balancer', role: 'balancer', program: 'nginx 1.22.1' }] : []),
      ...Array.from({ length: instances }, (_, i) => ({ id: `api-${i + 1}`, role: 'api', program: 'sample API' })),
    ],
    environment: {
      scalelab: '0.1.0',
      node: 'v20.20.2',
      platform: 'linux x64',
      cpu: 'AMD EPYC',
      cores: 2,
      memory_mib: 24_106,
      software: { nginx: '1.22.1' },
      notes: [],
    },
    command: `scalelab capacity ${balanced ? `lb-${instances}` : 'single'} --engine process --slo 'p99<${boundMs}ms,errors<0.1%'`,
  }
}

function probeOf(
  { rps, phase }: Extract<SearchStep, { kind: 'probe' }>,
  index: number,
  instances: number,
  boundMs: number,
  doubtfulFrom: number,
): CapacityProbe {
  const seed = index + 2
  const times = responses(rps, instances, seed)
  const at = (share: number): number => Math.round((nearestRank(times, share) ?? 0) * 1_000) / 1_000
  const p99 = at(0.99)
  const doubtful = rps >= doubtfulFrom
  const missed = p99 >= boundMs
  const doubts = doubtful ? ['generator-limited', 'host-limited'] : []
  const reason = `p99<${boundMs}ms missed with ${p99.toFixed(1)} ms`
  return {
    rps,
    phase,
    holds: missed ? (doubtful ? null : false) : true,
    reason: missed ? [...doubts, reason].join('; ') : null,
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    p99_ms: p99,
    achieved_rps: times.length / (DURATION_MS / 1_000),
    errors: 0,
    doubts,
    validity: [
      checked('generator-lateness', doubtful ? 7.5 : 1.2, 5),
      checked('host-cpu', doubtful ? 0.99 : 0.62, 0.97),
      checked('offered-rate', 0.998, 0.99, { atLeast: true }),
    ],
    seed,
    idle_after_ms: 3,
    run: `runs/lb-${instances}/2025-11-20T10-00-${String(10 + index)}Z`,
  }
}

/** Response times of the counted part, in milliseconds. */
function responses(rps: number, instances: number, seed: number): number[] {
  const random = seededRandom(seed)
  const free = Array.from({ length: instances }, () => 0)
  const times: number[] = []
  let t = 0
  for (let i = 0; ; i++) {
    t += exponential(random, 1_000 / rps)
    if (t > WARMUP_MS + DURATION_MS) return times
    const done = Math.max(t, free[i % instances] ?? 0) + exponential(random, MEAN_MS)
    free[i % instances] = done
    if (t > WARMUP_MS) times.push(done - t + 0.7)
  }
}

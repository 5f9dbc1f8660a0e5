import { errorShare } from '../core/metrics.js'
import { type StackParameters, weightsOf } from '../core/parameters.js'
import type { RunRecord } from '../core/record.js'
import { actionsOf } from '../core/record-actions.js'
import { stackParametersOf } from '../core/record-parameters.js'
import { formatNumber, formatShare } from '../core/units.js'
import { doubtsOf } from '../core/validity.js'
import type { Distribution } from '../core/work.js'
import { Histogram } from './histogram.js'
import { bestOfTwo } from './queueing/best-of-two.js'
import { ekm1 } from './queueing/gim1.js'
import { mg1Mean } from './queueing/mg1.js'
import { mm1, mmc } from './queueing/mmc.js'
import type { ResponseTime } from './queueing/response-time.js'
import { spreadOfMean } from './queueing/spread-of-mean.js'

/** Response times in milliseconds; null where theory gives none. */
export interface TheoryFigures {
  mean: number | null
  p50: number | null
  p95: number | null
  p99: number | null
}

/** What a model of queueing theory says of a run, with the run's floor added. */
export interface Prediction extends TheoryFigures {
  /** In Kendall's notation: "M/M/3". */
  model: string
  /** What it stands for: "one queue for all". */
  words: string
  /** Whether it describes this very run, and not a better or worse way to balance it. */
  own: boolean
}

/** Theory beside what was measured. */
export interface RunTheory {
  /** Arrivals as they came: requests due per second of the counted part. */
  arrivals: number
  /** Of every worker, 0 to below 1. */
  utilisation: number
  instances: number
  workers: number
  serviceMs: number
  /** The smallest response time of the run: what a request costs beside waiting and service, at least. */
  floorMs: number
  measured: TheoryFigures
  /** From what help to a balancer can do at best to none; of one instance a single one. */
  predictions: readonly Prediction[]
  /** Standard deviation of the measured mean by chance alone, as a share of it; at most, where the balancer helps. */
  spread: number
}

type Model = Omit<Prediction, keyof TheoryFigures> & { response: ResponseTime | number }

/** A run that any theory speaks for: the calibrated model under a steady open loop. */
interface Subject {
  instances: number
  workers: number
  distribution: Distribution
  serviceMs: number
  arrivals: number
  utilisation: number
  arrival: 'uniform' | 'poisson'
  strategy: string
}

/** Requests not answered well beyond this share make the answered ones a choice of the fast. */
const MOST_ERRORS = 0.001
/** Waiting for a connection counts from this share of p99 on. */
const WAITED = 0.1

/**
 * What queueing theory says of a run of the calibrated model, or which of its assumptions fail, in words; null for a stack
 * with databases, where there is no such model. Arrivals are taken as they came, not as they were asked for: at a high load
 * a per cent of them moves the mean by several.
 */
export function theoryOf(record: RunRecord): RunTheory | { fails: string[] } | null {
  const parameters = stackParametersOf(record)
  if (parameters === null) return { fails: ['what a request costs the system is not known'] }
  if (parameters.database !== null || parameters.sharding !== null) return null
  const unknown = unknownService(record, parameters)
  if (unknown !== null) return { fails: [unknown] }
  const subject = subjectOf(record, parameters)
  const fails = [...unsteady(record, parameters), ...(subject === null ? [] : unbalanced(subject, parameters))]
  if (subject === null || fails.length > 0) return { fails }
  const models = modelsOf(subject)
  if (models.length === 0) return { fails: [unknownModel(subject)] }
  const floorMs = Histogram.decode(record.histograms.response).percentile(0) ?? 0
  const { mean, p50, p95, p99 } = record.latency.response_ms
  return {
    arrivals: subject.arrivals,
    utilisation: subject.utilisation,
    instances: subject.instances,
    workers: subject.workers,
    serviceMs: subject.serviceMs,
    floorMs,
    measured: { mean, p50, p95, p99 },
    predictions: models.map(({ response, ...model }) => ({ ...model, ...figures(response, floorMs) })),
    spread: spreadOfMean(subject.utilisation, record.latency.response_ms.count),
  }
}

function figures(response: ResponseTime | number, floorMs: number): TheoryFigures {
  if (typeof response === 'number') return { mean: response + floorMs, p50: null, p95: null, p99: null }
  const at = (share: number): number => response.quantile(share) + floorMs
  return { mean: response.mean + floorMs, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** Why the service time of a run is not known; null where it is that of the calibrated model. */
function unknownService({ load }: RunRecord, { app, work }: StackParameters): string | null {
  if (app !== null) return 'what a request costs your own application is not known'
  if (work.kind === 'none') return 'a request costs the instances nothing that is stated'
  if (work.kind === 'cpu') return 'requests compute on processors that they share with everything else'
  return load.request.path.startsWith('/api/')
    ? null
    : `the calibrated model does not serve ${load.request.path}, only what lies below /api/`
}

/** Null where there is no arrival process to speak of. */
function subjectOf(record: RunRecord, parameters: StackParameters): Subject | null {
  const { load } = record
  const { work, replicas, strategy } = parameters
  if (work.kind !== 'model' || load.arrival === null || load.measured_ms <= 0) return null
  const arrivals = load.ledger.due / (load.measured_ms / 1_000)
  return {
    instances: replicas,
    workers: work.workers,
    distribution: work.distribution,
    serviceMs: work.mean_ms,
    arrivals,
    utilisation: (arrivals * work.mean_ms) / 1_000 / (replicas * work.workers),
    arrival: load.arrival,
    strategy: replicas === 1 ? 'none' : strategy,
  }
}

/** What kept the run from a steady state. */
function unsteady(record: RunRecord, { replicas }: StackParameters): string[] {
  const { load, latency, status, validity, trial } = record
  const doubts = doubtsOf(validity)
  const errors = errorShare(record) ?? 0
  return [
    ...(load.mode === 'closed'
      ? ['in a closed loop requests come when others were answered, not at moments of their own']
      : []),
    ...(load.stages.length > 1 ? [`the offered rate changes (${load.stages.length} stages)`] : []),
    ...(trial === undefined ? [] : ['a fault struck']),
    ...(actionsOf(record).length > 0 ? ['the stack was changed while it ran'] : []),
    ...(status === 'failed' ? ['the run failed'] : []),
    ...(doubts.length > 0 ? [`the run is in doubt (${doubts.join(', ')})`] : []),
    ...(latency.response_ms.count === 0
      ? ['nothing was answered well']
      : errors > MOST_ERRORS
        ? [`${formatShare(errors)} of the requests were not answered well`]
        : []),
    // One instance keeps the order of arrival, wherever requests wait for it.
    ...(replicas > 1 && waitedToBeSent(latency)
      ? [`requests waited for one of ${formatNumber(load.connections)} connections before an instance was chosen`]
      : []),
  ]
}

function waitedToBeSent({ response_ms, service_ms }: RunRecord['latency']): boolean {
  if (response_ms.p99 === null || service_ms.p99 === null) return false
  return response_ms.p99 - service_ms.p99 > WAITED * response_ms.p99
}

/** Why the workers are not loaded alike, or too much. */
function unbalanced(subject: Subject, parameters: StackParameters): string[] {
  const { strategy, utilisation, arrivals, instances, workers, serviceMs } = subject
  const weights = weightsOf(parameters)
  const most = (instances * workers * 1_000) / serviceMs
  return [
    ...(utilisation < 1
      ? []
      : [
          `more came (${formatNumber(arrivals)}/s) than can be served (${formatNumber(most)}/s), so the queue grows as long as the run lasts`,
        ]),
    ...(strategy === 'ip-hash' ? ['ip-hash deals out clients, not requests, so instances are loaded differently'] : []),
    ...(strategy !== 'none' && strategy !== 'round-robin' && weights.some((weight) => weight !== weights[0])
      ? [`weights of ${weights.join(', ')} load instances differently`]
      : []),
  ]
}

function takesTurns({ strategy }: Subject): boolean {
  return strategy === 'round-robin' || strategy === 'weighted'
}

/** The models that speak for a run; none where no closed form does. */
function modelsOf(subject: Subject): Model[] {
  const { utilisation, serviceMs, workers, instances, arrival, distribution } = subject
  if (distribution !== 'exp') return generalService(subject)
  if (arrival === 'uniform') {
    if (workers > 1 || !(instances === 1 || takesTurns(subject))) return []
    const response = ekm1(Number.POSITIVE_INFINITY, utilisation, serviceMs)
    return [{ model: 'D/M/1', words: 'arrivals at equal distances, at each instance too', own: true, response }]
  }
  const queue = workers === 1 ? mm1(utilisation, serviceMs) : mmc(workers, utilisation, serviceMs)
  const one = `M/M/${workers}`
  if (instances === 1) return [{ model: one, words: 'one queue, in order of arrival', own: true, response: queue }]
  const turns = takesTurns(subject)
  const all = instances * workers
  return [
    {
      model: `M/M/${all}`,
      words: 'one queue for all instances',
      own: false,
      response: mmc(all, utilisation, serviceMs),
    },
    ...(workers > 1
      ? []
      : [
          {
            model: 'best of two',
            words: 'the shorter of two random queues, of many',
            own: false,
            response: bestOfTwo(utilisation, serviceMs),
          },
          {
            model: `E${instances}/M/1`,
            words: 'round robin',
            own: turns,
            response: ekm1(instances, utilisation, serviceMs),
          },
        ]),
    { model: `${instances} x ${one}`, words: 'one instance chosen at random', own: false, response: queue },
  ]
}

/** Squared coefficients of variation of the service time: uniform from 0 to twice the mean has 1/3. */
const VARIATION: Record<Distribution, number> = { exp: 1, fixed: 0, uniform: 1 / 3 }

/** Of a service time that is not exponential, Pollaczek and Khinchine know the mean alone. */
function generalService({ distribution, utilisation, serviceMs, workers, instances, arrival }: Subject): Model[] {
  if (workers > 1 || instances > 1 || arrival !== 'poisson') return []
  const [model, words] =
    distribution === 'fixed' ? ['M/D/1', 'fixed service time'] : ['M/G/1', 'service time from 0 to twice the mean']
  return [{ model, words, own: true, response: mg1Mean(utilisation, serviceMs, VARIATION[distribution]) }]
}

/** Why there is no closed form. */
function unknownModel({ distribution, workers, instances }: Subject): string {
  const several = workers > 1 ? 'several workers' : 'several instances'
  const alone = workers === 1 && instances === 1
  if (distribution === 'exp') return `requests come at equal distances and not at random (Poisson), to ${several}`
  const name = distribution === 'fixed' ? 'fixed' : 'uniformly distributed'
  return `the service time is ${name} and not exponential, ${alone ? 'and requests come at equal distances' : `with ${several}`}`
}

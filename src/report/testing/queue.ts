import { exponential, seededRandom } from '../../core/random.js'

/** One request of a made-up run; times in milliseconds on the run clock. */
export interface Answer {
  due: number
  sent: number
  done: number
  /** Index of the instance, or null where none answered. */
  instance: number | null
  outcome: 'ok' | 'http_error' | 'lost'
}

export interface QueueOptions {
  seed: number
  instances: number
  /** Requests per turn of each instance: [3, 1] sends a a a b. Default: one each. */
  weights?: readonly number[]
  meanMs: number
  connections: number
  /** Warm-up and counted part together. */
  lengthMs: number
  /** Requests/s at a moment; null for a closed loop. */
  rate: ((t: number) => number) | null
  /** How requests are due at that rate. Default: uniform. */
  arrival?: 'uniform' | 'poisson'
  /** While it lasts this instance refuses (502 from the balancer); the first requests are lost. */
  outage?: { instance: number; from: number; to: number }
}

/**
 * A run of first-come-first-served instances behind round robin, simulated: made up, but with the figures that fit
 * together as those of a real run do (ledger, rates, latencies).
 */
export function simulate(options: QueueOptions): Answer[] {
  const random = seededRandom(options.seed)
  const turns = (options.weights ?? Array.from({ length: options.instances }, () => 1)).flatMap((weight, instance) =>
    Array.from({ length: weight }, () => instance),
  )
  const instanceFree = Array.from({ length: options.instances }, () => 0)
  const connectionFree = Array.from({ length: options.connections }, (_, i) => i * 0.1)
  const answers: Answer[] = []
  let due = 0
  while (true) {
    const connection = connectionFree.indexOf(Math.min(...connectionFree))
    const idle = connectionFree[connection] ?? 0
    const gap = options.rate === null ? 0 : 1_000 / options.rate(due)
    if (options.rate !== null) due += options.arrival === 'poisson' ? exponential(random, gap) : gap
    else due = idle
    if (due >= options.lengthMs) break
    const sent = Math.max(due, idle)
    const instance = turns[answers.length % turns.length] ?? 0
    const { outage } = options
    const out = outage !== undefined && instance === outage.instance && sent >= outage.from && sent < outage.to
    if (out) {
      const lost = sent < outage.from + 30
      const done = sent + (lost ? 12 : 0.8)
      answers.push({ due, sent, done, instance: null, outcome: lost ? 'lost' : 'http_error' })
      connectionFree[connection] = done
      continue
    }
    const start = Math.max(sent, instanceFree[instance] ?? 0)
    const done = start + exponential(random, options.meanMs) + 0.3
    instanceFree[instance] = done - 0.3
    connectionFree[connection] = done
    answers.push({ due, sent, done, instance, outcome: 'ok' })
  }
  return answers
}

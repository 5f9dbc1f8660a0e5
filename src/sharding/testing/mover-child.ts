import type { Endpoint } from '../../replication/session.js'
import type { BatchStep } from '../mover.js'
import { type Order, reshard } from '../reshard.js'
import { controlOf } from './request.js'

/** What a mover in a process of its own is told, as JSON in its first argument. */
export interface ChildTask {
  endpoints: Endpoint[]
  order: Order
  /** Where it ends: killed by itself, or stopped (until it gets SIGCONT); at the first batch. Null: nowhere. */
  at: { step: BatchStep; signal: 'SIGKILL' | 'SIGSTOP' } | null
  leaseMs: number
}

/** A process that moves rows, so that it can be killed. Says what it is at, one line each, and last the outcome. */
const { endpoints, order, at, leaseMs } = JSON.parse(process.argv[2] ?? '') as ChildTask
const say = (line: string): void => void process.stdout.write(`${line}\n`)
let stopped = false
const result = await reshard({
  control: controlOf({
    shards: endpoints.map(({ id, host, port }) => ({ id, address: `${host}:${port}` })),
    endpoint: (id) => endpoints.find((endpoint) => endpoint.id === id) as Endpoint,
  }),
  order,
  who: `process ${process.pid}`,
  id: 'test',
  clock: () => performance.now(),
  signal: new AbortController().signal,
  onProgress: () => undefined,
  onEvent: (level, text) => say(`${level}: ${text}`),
  onStep: (step) => {
    say(step)
    if (at?.step !== step || stopped) return
    stopped = true
    process.kill(process.pid, at.signal)
  },
  leaseMs,
})
say(`outcome ${result.outcome}`)

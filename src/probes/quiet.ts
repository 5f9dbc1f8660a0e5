import { availableParallelism } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as breathe, setTimeout as pause } from 'node:timers/promises'
import type { Calibration } from '../core/calibration.js'
import { hostProbe } from './host.js'
import type { ProbeContext } from './port.js'

/** What a slice of fixed work should take: long against the clock, short against what a scheduler gives at once. */
const SLICE_MS = 10
/** Of the event loop's monitor, which counts it into every delay. */
const RESOLUTION_MS = 1
/** What the monitor itself asks a probe of the host for: the machine, no stack. */
const ALONE: ProbeContext = {
  nodes: async () => [],
  usage: async () => [],
  databases: async () => [],
  shards: async () => [],
  signal: new AbortController().signal,
}

/**
 * How punctual an idle process is here: timers of a millisecond, one after the other, and meanwhile the delay of the event
 * loop, the time that the hypervisor gave to others, and what other programs took.
 * @param forMs length, in milliseconds
 * @throws the reason of the signal when it fires
 */
export async function idleTimers(
  forMs: number,
  signal: AbortSignal,
): Promise<Pick<Calibration, 'timers'> & Pick<Calibration['noise'], 'steal' | 'others'>> {
  const probe = hostProbe()
  await probe.read(ALONE)
  const cpu = process.cpuUsage()
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  const late: number[] = []
  const start = performance.now()
  for (let before = start; before - start < forMs; before = performance.now()) {
    await pause(1)
    signal.throwIfAborted()
    late.push(performance.now() - before - 1)
  }
  delay.disable()
  const readings = await probe.read(ALONE)
  const share = (kind: string): number | null => readings.find((reading) => reading.kind === kind)?.value ?? null
  const { user, system } = process.cpuUsage(cpu)
  const own = (user + system) / 1_000 / (performance.now() - start)
  const busy = share('host.cpu_share')
  const sorted = late.toSorted((a, b) => a - b)
  const at = (quantile: number): number => Math.max(0, sorted[Math.floor(quantile * (sorted.length - 1))] ?? 0)
  return {
    timers: {
      late_p50_ms: at(0.5),
      late_p99_ms: at(0.99),
      event_loop_p99_ms: delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS),
    },
    steal: share('host.steal_share'),
    others: busy === null ? null : Math.max(0, busy - own / availableParallelism()),
  }
}

/**
 * How even a processor is: a fixed piece of work, again and again, each time by the clock. What varies is what others, the
 * hypervisor and the processor's own clock make of it.
 * @param slices how many times
 */
export async function evenness(
  slices: number,
  signal: AbortSignal,
): Promise<Pick<Calibration['noise'], 'slices' | 'variation' | 'worst'>> {
  const rounds = await roundsFor(SLICE_MS, signal)
  const times: number[] = []
  while (times.length < slices) {
    signal.throwIfAborted()
    times.push(timed(rounds))
    await breathe()
  }
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length
  const variance = times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / Math.max(1, times.length - 1)
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? mean
  return { slices, variation: Math.sqrt(variance) / mean, worst: Math.max(...times) / median }
}

/** How many rounds of the work take so long, once it is compiled. */
async function roundsFor(ms: number, signal: AbortSignal): Promise<number> {
  let rounds = 10_000
  for (let taken = timed(rounds); taken < ms; taken = timed(rounds)) {
    signal.throwIfAborted()
    rounds = Math.ceil(rounds * Math.min(2, (1.1 * ms) / Math.max(0.01, taken)))
    await breathe()
  }
  return rounds
}

/** Integer arithmetic that no compiler can leave out; in milliseconds. */
function timed(rounds: number): number {
  const start = performance.now()
  let state = rounds | 1
  for (let n = 0; n < rounds; n++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
  const taken = performance.now() - start
  return state === 0 ? taken + Number.EPSILON : taken
}

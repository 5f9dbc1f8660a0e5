import type { CalibrationStep } from '../core/calibration.js'
import { LabError } from '../core/errors.js'
import type { Load } from '../core/load.js'
import { checked } from '../core/validity.js'
import type { LoadGenerator, LoadTarget, LoadTick } from '../load/port.js'
import { tickRow } from './run-state.js'
import { followLimit, LIMITS } from './validity.js'

export interface ClimbInput {
  generator: LoadGenerator
  target: LoadTarget
  generators: number
  connections: number
  /** How long each rate is offered, in milliseconds. */
  stepMs: number
  signal: AbortSignal
}

/** How long answers may still come in after the last step: what is waited for there is of no interest. */
const DRAIN_MS = 300

/** At half the first rate before the first step, in steps: code is compiled, and nothing is left to catch up with. */
const RUN_UP_STEPS = 2

/**
 * Offers rates one after the other in a single open loop, a tick of the generator each, and ends it after the first that
 * is not held: sent late, on a full core, or not answered. One process sends them all, as one does in a run, so that it
 * is warm when it matters.
 * @throws the signal's reason when it fires; LabError when nothing answers, or the generator cannot open its connections
 */
export async function climb(input: ClimbInput, rates: readonly number[]): Promise<CalibrationStep[]> {
  const { generators, connections, stepMs, signal } = input
  const [first = 1] = rates
  const load: Load = {
    mode: 'open',
    arrival: 'uniform',
    // The warm-up is at the rate of the first stage.
    stages: [first / 2, ...rates].map((rps) => ({ durationMs: stepMs, rps })),
    warmupMs: (RUN_UP_STEPS - 1) * stepMs,
    connections,
    generators,
    timeoutMs: 5_000,
    clients: 0,
    seed: 1,
    workload: null,
  }
  const steps: CalibrationStep[] = []
  let ran = 0
  const reached = new AbortController()
  await input.generator.run({
    load,
    target: input.target,
    signal: AbortSignal.any([signal, reached.signal]),
    drainMs: DRAIN_MS,
    tickMs: stepMs,
    onStart: () => undefined,
    onTick: (tick) => {
      if (++ran <= RUN_UP_STEPS || tick.phase !== 'measuring' || reached.signal.aborted) return
      const rps = rates[steps.length]
      if (rps === undefined) return
      const step = stepOf(rps, tick, load)
      steps.push(step)
      if (step.failed !== null) reached.abort()
    },
  })
  signal.throwIfAborted()
  if (steps.length === 0) throw new LabError('the generator sent nothing', { exitCode: 4 })
  return steps
}

/** A tick as a step, held against the same limits as a run. */
export function stepOf(rps: number, tick: LoadTick, load: Load): CalibrationStep {
  const { cpu, busy, latenessMs, eventLoopDelayMs } = tick.generator
  const achieved = tick.due === 0 ? 0 : (tick.ok + tick.http_error) / tick.due
  const rows = [
    checked('generator-lateness', latenessMs, LIMITS.latenessMs),
    checked('generator-busy', busy, LIMITS.generatorBusy),
    checked('generator-event-loop', eventLoopDelayMs, LIMITS.eventLoopMs),
    checked('offered-rate', achieved, followLimit([tickRow(tick, load)], tick.due), { atLeast: true }),
  ]
  return {
    rps,
    achieved,
    lateness_ms: latenessMs,
    cpu,
    event_loop_ms: eventLoopDelayMs,
    failed: rows.find(({ ok }) => !ok)?.check ?? null,
  }
}

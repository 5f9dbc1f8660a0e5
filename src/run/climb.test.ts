import { describe, expect, it } from 'vitest'
import type { LoadGenerator, LoadRequest, LoadResult, LoadTick } from '../load/port.js'
import { Histogram } from '../stats/histogram.js'
import { climb } from './climb.js'

const EMPTY = new Histogram().counts
const STEP_MS = 200

/** A generator that says of each tick what a test wants, until it is stopped; and what it was asked for. */
function generator(tickAt: (n: number, rps: number) => Partial<LoadTick>): LoadGenerator & { asked: LoadRequest[] } {
  const asked: LoadRequest[] = []
  return {
    asked,
    async run(request) {
      asked.push(request)
      const { load, signal, tickMs, onTick } = request
      if (load.mode !== 'open') throw new Error('a climb is an open loop')
      const rates = [load.stages[0]?.rps ?? 0, ...load.stages.map(({ rps }) => rps)]
      for (const [n, rps] of rates.entries()) {
        if (signal.aborted) break
        const due = (rps * tickMs) / 1_000
        onTick({
          from: n * tickMs,
          to: (n + 1) * tickMs,
          phase: n === 0 ? 'warm-up' : 'measuring',
          due,
          sent: due,
          ok: due,
          http_error: 0,
          lost: 0,
          statuses: {},
          losses: {},
          errors: {},
          connectFailures: {},
          response: EMPTY,
          service: EMPTY,
          errorResponse: EMPTY,
          instances: {},
          generator: { cpu: 0.4, busy: 0.5, eventLoopDelayMs: 1, pausedMs: 3, latenessMs: 1, backlog: 0 },
          journal: null,
          ...tickAt(n, rps),
        })
      }
      // Of the result a climb takes nothing.
      return {} as LoadResult
    },
  }
}

const input = (of: LoadGenerator, signal = new AbortController().signal) => ({
  generator: of,
  target: { origin: 'http://127.0.0.1:1', requests: [] },
  generators: 1,
  connections: 10,
  stepMs: STEP_MS,
  signal,
})

describe('climb', () => {
  it('warms up at half the first rate, then offers each for a step', async () => {
    const steady = generator(() => ({}))
    const steps = await climb(input(steady), [1_000, 2_000])
    expect(steps.map(({ rps, failed }) => [rps, failed])).toEqual([
      [1_000, null],
      [2_000, null],
    ])
    expect(steady.asked[0]?.load).toMatchObject({
      warmupMs: STEP_MS,
      stages: [500, 1_000, 2_000].map((rps) => ({ rps, durationMs: STEP_MS })),
    })
  })

  const health = { cpu: 0.4, busy: 0.5, eventLoopDelayMs: 1, pausedMs: 3, latenessMs: 1, backlog: 0 }
  it.each<[string, Partial<LoadTick>]>([
    ['generator-lateness', { generator: { ...health, latenessMs: 5.1 } }],
    ['generator-busy', { generator: { ...health, busy: 0.96 } }],
    ['generator-event-loop', { generator: { ...health, eventLoopDelayMs: 21 } }],
    ['offered-rate', { ok: 190, http_error: 200 }],
  ])('ends at the first step that fails by %s', async (check, tick) => {
    const failing = generator((_, rps) => (rps === 2_000 ? tick : {}))
    const steps = await climb(input(failing), [1_000, 2_000, 4_000])
    expect(steps.map(({ rps, failed }) => [rps, failed])).toEqual([
      [1_000, null],
      [2_000, check],
    ])
  })

  it('takes nothing amiss while it runs up', async () => {
    const cold = generator((n) => (n < 2 ? { ok: 0, generator: { ...health, latenessMs: 80, cpu: 1, busy: 1 } } : {}))
    expect(await climb(input(cold), [1_000])).toMatchObject([{ rps: 1_000, failed: null }])
  })

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController()
    const reason = new Error('interrupted')
    const interrupted = generator((n) => {
      if (n === 2) stop.abort(reason)
      return {}
    })
    await expect(climb(input(interrupted, stop.signal), [1_000, 2_000])).rejects.toBe(reason)
  })
})

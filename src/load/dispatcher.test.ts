import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DispatcherBench } from './testing/dispatcher-bench.js'

/** One thing that happens, some time after the one before, to a connection picked among those it can happen to. */
const happening = fc.record({
  afterMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 30, noNaN: true })),
  what: fc.constantFrom(
    'connect',
    'connect',
    'answer',
    'answer',
    'error',
    'reset',
    'closed',
    'unsent',
    'down',
    'wake',
    'sweep',
  ),
  which: fc.nat(),
})

describe('Dispatcher', () => {
  it.each(['open', 'closed'] as const)(
    'ends every due request in exactly one class, whatever happens (%s loop)',
    (mode) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 6 }),
          // Without a size they are ten long, and end before the load does.
          fc.array(happening, { maxLength: 150, size: 'max' }),
          fc.boolean(),
          (n, happenings, stops) => {
            const bench = new DispatcherBench(n, mode)
            const { dispatcher } = bench
            const pick = (from: readonly number[], which: number): number | undefined =>
              from[which % Math.max(1, from.length)]
            for (const { afterMs, what, which } of happenings) {
              bench.now += afterMs
              if (what === 'connect') {
                const free = [...Array(n).keys()].filter((c) => !bench.busy.has(c) && !bench.idle.has(c))
                const connection = pick(free, which)
                if (connection !== undefined) bench.connect(connection)
              } else if (what === 'down') {
                const connection = pick([...bench.idle], which)
                if (connection === undefined) continue
                bench.idle.delete(connection)
                dispatcher.onDown(connection)
              } else if (what === 'wake') dispatcher.pump(bench.now)
              else if (what === 'sweep') dispatcher.sweep(bench.now)
              else {
                const connection = pick([...bench.busy], which)
                if (connection !== undefined) bench.end(connection, what)
              }
              expect(dispatcher.inFlight).toBe(bench.busy.size)
            }
            if (stops) dispatcher.stop()
            bench.now = Math.max(bench.now, bench.window.endMs)
            if (!stops) dispatcher.pump(bench.now)
            const { ledger } = bench.finish()
            if (mode === 'open') expect(ledger.due).toBeGreaterThan(0)
            // A request goes out again only when it had not left.
            const times = new Map<number, number>()
            for (const { k } of bench.sent) times.set(k, (times.get(k) ?? 0) + 1)
            for (const [k, count] of times) expect(count).toBeLessThanOrEqual(1 + (bench.unsent.get(k) ?? 0))
          },
        ),
        { numRuns: 300 },
      )
    },
  )

  it('sends each number once when every send succeeds, in the order they are due', () => {
    const bench = new DispatcherBench(3, 'open')
    for (let connection = 0; connection < 3; connection++) bench.connect(connection)
    for (; bench.now < bench.window.endMs; bench.now += 5) {
      bench.dispatcher.pump(bench.now)
      for (const connection of [...bench.busy]) {
        bench.end(connection, 'answer')
        bench.connect(connection)
      }
    }
    expect(bench.sent.map(({ k }) => k)).toEqual(bench.sent.map((_, i) => i))
    const { ledger } = bench.finish()
    expect(ledger).toMatchObject({ ok: ledger.due, lost: 0, unfinished: 0 })
  })

  it('takes the connection that has been idle for longest', () => {
    const bench = new DispatcherBench(3, 'closed', { warmupMs: 0 })
    bench.now = -1
    for (const connection of [2, 0, 1]) bench.connect(connection)
    bench.now = 0
    bench.dispatcher.pump(0)
    expect(bench.sent.map(({ connection }) => connection)).toEqual([2, 0, 1])
  })

  it('sends what did not leave again, first, as the same request with the same due moment', () => {
    const bench = new DispatcherBench(2, 'open', { warmupMs: 0, timeoutMs: 10_000 })
    bench.now = 200
    bench.connect(0)
    bench.end(0, 'unsent')
    bench.now = 250
    bench.connect(1)
    expect(bench.sent.map(({ k }) => k)).toEqual([0, 0])
    bench.end(1, 'answer')
    bench.now = 500
    const { ledger, response, service } = bench.finish()
    expect(ledger).toMatchObject({ ok: 1, sent: 1, lost: 0 })
    expect(response).not.toBe(service)
  })

  it('loses what is not answered in time, and an answer after that does not count', () => {
    const bench = new DispatcherBench(1, 'open', { warmupMs: 0 })
    bench.now = 100
    bench.connect(0)
    bench.now = 251
    bench.dispatcher.sweep(bench.now)
    expect(bench.abandoned).toEqual([0])
    bench.answer(0, { status: 200, instance: 'late' })
    bench.now = 500
    expect(bench.finish()).toMatchObject({ ledger: { ok: 0, lost: 1, sent: 1 }, losses: { timeout: 1 } })
  })

  it('counts lateness only of requests for which a connection was idle when they were due', () => {
    const bench = new DispatcherBench(1, 'open', { rps: 10, warmupMs: 0, durationMs: 1_000 })
    bench.now = 900
    bench.connect(0)
    bench.end(0, 'answer')
    bench.now = 1_000
    expect(bench.finish().generator.latenessMs).toBe(0)
    expect(bench.ticks.at(-1)?.generator.backlog).toBeGreaterThan(3)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LossCause } from './connections.js'
import { Dispatcher } from './dispatcher.js'
import type { LoadTick } from './port.js'
import { Recorder, type Window } from './recorder.js'
import { Schedule } from './schedule.js'
import { expectBooksToBalance } from './testing/load-contract.js'

const HEALTH = { cpu: 0, eventLoopDelayMs: 0 }

/** A dispatcher with real books and made-up connections whose fate a test decides. */
class Bench {
  readonly sent: { connection: number; k: number; at: number }[] = []
  readonly abandoned: number[] = []
  /** How often a request turned out not to have left, by its number. */
  readonly unsent = new Map<number, number>()
  readonly busy = new Set<number>()
  readonly idle = new Set<number>()
  readonly ticks: LoadTick[] = []
  readonly window: Window
  readonly recorder: Recorder
  readonly dispatcher: Dispatcher
  now = 0

  constructor(
    readonly connections: number,
    mode: 'open' | 'closed',
    { rps = 100, warmupMs = 100, durationMs = 400, timeoutMs = 150 } = {},
  ) {
    const part = { index: 0, of: 1 }
    const schedule = () =>
      mode === 'open'
        ? new Schedule({ arrival: 'poisson', stages: [{ durationMs, rps }], warmupMs, seed: 5, part })
        : null
    this.window = { startMs: warmupMs, endMs: warmupMs + durationMs }
    const counting = schedule()
    let due = 0
    this.recorder = new Recorder({
      window: this.window,
      tickMs: 70,
      dueBefore:
        counting &&
        ((ms) => {
          for (; counting.due < ms; counting.advance()) due += 1
          return due
        }),
      dispatched: () => this.dispatcher.dispatched,
      health: () => HEALTH,
      onTick: (tick) => this.ticks.push(tick),
    })
    this.dispatcher = new Dispatcher({
      connections,
      arrivals: schedule(),
      part,
      endMs: () => this.window.endMs,
      timeoutMs,
      recorder: this.recorder,
      send: (connection, k) => {
        expect(this.idle.has(connection)).toBe(true)
        this.idle.delete(connection)
        this.busy.add(connection)
        this.sent.push({ connection, k, at: this.now })
      },
      abandon: (connection) => {
        this.busy.delete(connection)
        this.abandoned.push(connection)
      },
    })
  }

  connect(connection: number): void {
    this.idle.add(connection)
    this.dispatcher.onIdle(connection, this.now)
  }

  end(connection: number, how: 'answer' | 'error' | LossCause | 'unsent'): void {
    this.busy.delete(connection)
    if (how === 'unsent') {
      const k = this.sent.findLast((sent) => sent.connection === connection)?.k ?? -1
      this.unsent.set(k, (this.unsent.get(k) ?? 0) + 1)
      this.dispatcher.onUnsent(connection, this.now)
    } else if (how === 'answer') this.dispatcher.onAnswer(connection, 200, 'a', this.now)
    else if (how === 'error') this.dispatcher.onAnswer(connection, 503, 'b', this.now)
    else this.dispatcher.onLost(connection, how, this.now)
  }

  finish() {
    const unfinished = this.dispatcher.countUnfinished()
    const result = this.recorder.finish(this.now, unfinished, HEALTH, true)
    expectBooksToBalance(result, this.ticks)
    return result
  }
}

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
          fc.array(happening, { maxLength: 150 }),
          fc.boolean(),
          (n, happenings, stops) => {
            const bench = new Bench(n, mode)
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
    const bench = new Bench(3, 'open')
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
    const bench = new Bench(3, 'closed', { warmupMs: 0 })
    bench.now = -1
    for (const connection of [2, 0, 1]) bench.connect(connection)
    bench.now = 0
    bench.dispatcher.pump(0)
    expect(bench.sent.map(({ connection }) => connection)).toEqual([2, 0, 1])
  })

  it('sends what did not leave again, first, as the same request with the same due moment', () => {
    const bench = new Bench(2, 'open', { warmupMs: 0, timeoutMs: 10_000 })
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
    const bench = new Bench(1, 'open', { warmupMs: 0 })
    bench.now = 100
    bench.connect(0)
    bench.now = 251
    bench.dispatcher.sweep(bench.now)
    expect(bench.abandoned).toEqual([0])
    bench.dispatcher.onAnswer(0, 200, 'late', bench.now)
    bench.now = 500
    expect(bench.finish()).toMatchObject({ ledger: { ok: 0, lost: 1, sent: 1 }, losses: { timeout: 1 } })
  })

  it('counts lateness only of requests for which a connection was idle when they were due', () => {
    const bench = new Bench(1, 'open', { rps: 10, warmupMs: 0, durationMs: 1_000 })
    bench.now = 900
    bench.connect(0)
    bench.end(0, 'answer')
    bench.now = 1_000
    expect(bench.finish().generator.latenessMs).toBe(0)
    expect(bench.ticks.at(-1)?.generator.backlog).toBeGreaterThan(3)
  })
})

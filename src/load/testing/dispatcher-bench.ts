import { expect } from 'vitest'
import { type Answer, noAnswer } from '../answer.js'
import type { LossCause } from '../connections.js'
import { Dispatcher } from '../dispatcher.js'
import type { Flight, JournalKeeper } from '../journal-keeper.js'
import type { LoadTick } from '../port.js'
import { Recorder, type Window } from '../recorder.js'
import { Schedule } from '../schedule.js'
import { expectBooksToBalance } from './load-contract.js'

const HEALTH = { cpu: 0, busy: 0, eventLoopDelayMs: 0, pausedMs: 0 }

/** A dispatcher with real books and made-up connections whose fate a test decides. */
export class DispatcherBench {
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
  /** Follows requests of a workload; null without one. */
  readonly journal: JournalKeeper | null
  /** What was sent last on each connection. */
  readonly flights = new Map<number, Flight>()
  now = 0

  constructor(
    readonly connections: number,
    mode: 'open' | 'closed',
    { rps = 100, warmupMs = 100, durationMs = 400, timeoutMs = 150 } = {},
    journal: JournalKeeper | null = null,
  ) {
    this.journal = journal
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
      journal,
      clients: null,
      onTick: (tick) => this.ticks.push(tick),
    })
    this.dispatcher = new Dispatcher({
      connections,
      arrivals: schedule(),
      part,
      endMs: () => this.window.endMs,
      timeoutMs,
      recorder: this.recorder,
      journal,
      send: (connection, k) => {
        expect(this.idle.has(connection)).toBe(true)
        this.idle.delete(connection)
        this.busy.add(connection)
        this.sent.push({ connection, k, at: this.now })
        const flight = this.journal?.sent(k, this.now)
        if (flight !== undefined) this.flights.set(connection, flight)
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
    } else if (how === 'answer') this.answer(connection, { status: 200, instance: 'a' })
    else if (how === 'error') this.answer(connection, { status: 503, instance: 'b' })
    else this.dispatcher.onLost(connection, how, this.now)
  }

  answer(connection: number, answer: Partial<Answer>): void {
    this.busy.delete(connection)
    this.dispatcher.onAnswer(connection, { ...noAnswer(), ...answer }, this.now)
  }

  finish() {
    const unfinished = this.dispatcher.giveUp(this.now)
    const result = this.recorder.finish(this.now, unfinished, HEALTH, true)
    expectBooksToBalance(result, this.ticks)
    return result
  }
}

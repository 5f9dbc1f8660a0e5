import { setImmediate } from 'node:timers/promises'
import { measuredMs } from '../../core/load.js'
import { exponential, seededRandom } from '../../core/random.js'
import { noAnswer } from '../answer.js'
import { ClientBook } from '../client-book.js'
import type { LossCause } from '../connections.js'
import { Dispatcher } from '../dispatcher.js'
import { type Flight, JournalKeeper } from '../journal-keeper.js'
import type { ErrorSample, GeneratorHealth, LoadGenerator, LoadRequest, LoadResult } from '../port.js'
import { Recorder, type Window } from '../recorder.js'
import { Schedule } from '../schedule.js'
import { idempotencyKeys, tasksOf } from '../workload.js'
import { FakeDatabase } from './fake-database.js'

export interface FakeLoadOptions {
  /** Who answers, in turn; three instances unless told. */
  instances?: readonly string[]
  /** Service time of request k in milliseconds; 1 ms and an exponential share of mean 4 ms unless told. */
  serviceMs?: (k: number, random: () => number) => number
  /** Status of the answer to request k; 200 unless told. */
  status?: (k: number) => number
  /** Why request k is lost when its time has passed; null (unless told) for an answer. */
  loss?: (k: number) => LossCause | null
  /** Under a workload, who answers: standbys lag by so many milliseconds. "primary", two standbys, 5 ms unless told. */
  database?: { primary: string; standbys: readonly string[]; lagMs: number; shards?: readonly string[] }
  /** What the generator says of itself. */
  health?: Partial<Omit<GeneratorHealth, 'latenessMs' | 'backlog'>>
  /** Time 0 of the run clock; the moment of the call unless told. */
  originNs?: bigint
}

/** A stop takes effect this much later, as with real processes. */
const STOP_LEAD_MS = 20

const DATABASE = { primary: 'primary', standbys: ['standby-1', 'standby-2'], lagMs: 5 }

const HEALTH = { cpu: 0.2, busy: 0.2, eventLoopDelayMs: 0.3, pausedMs: 0 }

/**
 * A load generator that plays the whole load on a virtual clock, without sockets and without waiting: same seed, same
 * ticks, same result. Scheduling and books are those of the real one, so ticks and result agree with each other. Between
 * ticks it lets the event loop turn once, so that a listener can stop it.
 */
export function createFakeLoadGenerator(options: FakeLoadOptions = {}): LoadGenerator {
  return {
    run(request) {
      return new Simulation(options, request).run()
    },
  }
}

/** What an answer of 400 and more says. */
function said(status: number): ErrorSample {
  return { contentType: 'text/plain', body: Buffer.from(`no: ${status}`), more: false }
}

/** What ends at `at`: the request on this connection. */
interface Ending {
  at: number
  connection: number
  k: number
  flight: Flight | null
  timedOut: boolean
}

class Simulation {
  private now = 0
  private stopAt = Number.POSITIVE_INFINITY
  /** Sorted, the last is next. */
  private readonly endings: Ending[] = []
  private readonly window: Window
  private readonly plannedEndMs: number
  private readonly random: () => number
  private readonly recorder: Recorder
  private readonly dispatcher: Dispatcher
  private readonly journal: JournalKeeper | null
  private readonly database: FakeDatabase | null

  constructor(
    private readonly options: FakeLoadOptions,
    private readonly request: LoadRequest,
  ) {
    const { load } = request
    const part = { index: 0, of: 1 }
    this.window = { startMs: load.warmupMs, endMs: load.warmupMs + measuredMs(load) }
    this.plannedEndMs = this.window.endMs
    this.random = seededRandom(load.seed)
    const { workload } = load
    this.database =
      workload && new FakeDatabase({ ...(options.database ?? DATABASE), consistency: workload.consistency })
    this.journal =
      workload &&
      new JournalKeeper({
        tasks: tasksOf(workload, load.seed, part),
        keyOf: idempotencyKeys(workload, part.index),
        firstVersion: 0,
      })
    const counting = load.mode === 'open' ? new Schedule({ ...load, part }) : null
    let due = 0
    this.recorder = new Recorder({
      window: this.window,
      tickMs: request.tickMs,
      dueBefore:
        counting &&
        ((ms) => {
          for (; counting.due < ms; counting.advance()) due += 1
          return due
        }),
      dispatched: () => this.dispatcher.dispatched,
      health: () => ({ ...HEALTH, ...options.health }),
      journal: this.journal,
      clients: load.clients === 0 ? null : new ClientBook(load.clients),
      onTick: (tick) => request.onTick(tick),
    })
    this.dispatcher = new Dispatcher({
      connections: load.connections,
      arrivals: load.mode === 'open' ? new Schedule({ ...load, part }) : null,
      part,
      endMs: () => this.window.endMs,
      timeoutMs: load.timeoutMs,
      recorder: this.recorder,
      journal: this.journal,
      send: (connection, k) => this.send(connection, k),
      abandon: () => {},
    })
  }

  async run(): Promise<LoadResult> {
    const { load, tickMs, drainMs, signal, onStart } = this.request
    onStart(this.options.originNs ?? process.hrtime.bigint())
    for (let connection = 0; connection < load.connections; connection++) this.dispatcher.onIdle(connection, 0)
    for (let nextTick = tickMs; !this.isOver(drainMs); ) {
      this.now = this.nextMoment(nextTick, drainMs)
      this.endRequests()
      if (this.now >= this.stopAt) this.dispatcher.stop()
      this.dispatcher.pump(this.now)
      this.recorder.roll(this.now)
      if (this.now < nextTick) continue
      nextTick += tickMs
      await setImmediate()
      if (signal.aborted && this.stopAt === Number.POSITIVE_INFINITY) {
        this.stopAt = this.now + STOP_LEAD_MS
        this.window.endMs = Math.min(this.window.endMs, this.stopAt)
      }
    }
    const generators = load.generators === 'auto' ? 1 : load.generators
    const unfinished = this.dispatcher.giveUp(this.now)
    const complete = this.stopAt >= this.plannedEndMs
    return {
      ...this.recorder.finish(this.now, unfinished, { ...HEALTH, ...this.options.health }, complete),
      generators,
    }
  }

  private isOver(drainMs: number): boolean {
    const { endMs } = this.window
    return this.now >= endMs && (this.dispatcher.done || this.now >= endMs + drainMs)
  }

  private nextMoment(nextTick: number, drainMs: number): number {
    const { endMs } = this.window
    const due = this.dispatcher.nextDue()
    return Math.min(
      nextTick,
      this.endings.at(-1)?.at ?? Number.POSITIVE_INFINITY,
      // One that is overdue waits for a connection, not for a moment.
      due > this.now ? due : Number.POSITIVE_INFINITY,
      this.now < endMs ? endMs : endMs + drainMs,
    )
  }

  private send(connection: number, k: number): void {
    const { timeoutMs } = this.request.load
    const serviceMs = this.options.serviceMs?.(k, this.random) ?? 1 + exponential(this.random, 4)
    const timedOut = serviceMs >= timeoutMs
    const at = this.now + Math.min(serviceMs, timeoutMs)
    let place = this.endings.length
    while (place > 0 && (this.endings[place - 1]?.at ?? 0) < at) place -= 1
    const flight = this.journal?.sent(k, this.now) ?? null
    this.endings.splice(place, 0, { at, connection, k, flight, timedOut })
  }

  private endRequests(): void {
    const instances = this.options.instances ?? ['api-1', 'api-2', 'api-3']
    for (let next = this.endings.at(-1); next !== undefined && next.at <= this.now; next = this.endings.at(-1)) {
      this.endings.pop()
      const { connection, k, flight, timedOut } = next
      const loss = timedOut ? 'timeout' : (this.options.loss?.(k) ?? null)
      if (loss !== null) {
        // A lost request may have done its work or not: every second one has.
        if (flight !== null && k % 2 === 0) this.database?.commit(flight, this.now)
        this.dispatcher.onLost(connection, loss, this.now)
      } else {
        const instance = instances[k % instances.length] ?? 'unknown'
        const status = this.options.status?.(k) ?? 200
        if (this.recorder.wantsError(status)) this.recorder.said(status, said(status))
        const answer = flight && this.database?.answer(flight, status, instance, this.now)
        this.dispatcher.onAnswer(connection, answer ?? { ...noAnswer(), status, instance }, this.now)
      }
      this.dispatcher.onIdle(connection, this.now)
    }
  }
}

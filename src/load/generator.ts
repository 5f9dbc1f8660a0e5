import { performance } from 'node:perf_hooks'
import { adviceOnConnecting } from '../core/error-answers.js'
import { environmentError, type LabError, runError } from '../core/errors.js'
import { type Load, measuredMs } from '../core/load.js'
import { connectWithAutocannon } from './autocannon-client.js'
import { ClientBook } from './client-book.js'
import type { Connections } from './connections.js'
import { Dispatcher } from './dispatcher.js'
import { JournalKeeper } from './journal-keeper.js'
import { requestMix } from './mix.js'
import type { LoadResult, LoadTarget, LoadTick } from './port.js'
import { ProcessHealth } from './process-health.js'
import { Recorder, rehearse, type Window } from './recorder.js'
import { Schedule } from './schedule.js'
import { TaskWriter } from './task-writer.js'
import { idempotencyKeys, tasksOf } from './workload.js'

/** How long nothing may answer at the target before the load is given up, in milliseconds. */
const NOTHING_THERE_MS = 1_500
/** After this long the load starts with the connections there are; the others keep trying. */
const ENOUGH_WAITED_MS = 5_000
/** The loop looks at ticks, time-outs and its end at least this often, in milliseconds. */
const LONGEST_SLEEP_MS = 20

export interface GeneratorOptions {
  load: Load
  target: LoadTarget
  /** This generator's share of the schedule. */
  part: { index: number; of: number }
  /** This generator's share of the connections. */
  connections: number
  tickMs: number
  drainMs: number
  onTick: (tick: LoadTick) => void
}

/**
 * One generator process's work. `connect` opens the connections, `run` sends what is due until the load is over, on one
 * timer: sleeping until the next request is due, to the millisecond that timers have, and sending then everything that
 * has become due. Answers drive it as well, so under load it is finer than its timer. It never spins: the core it would
 * burn belongs to the system under test.
 */
export class Generator {
  private readonly window: Window
  private readonly plannedEndMs: number
  private readonly health = new ProcessHealth()
  private readonly recorder: Recorder
  private readonly dispatcher: Dispatcher
  private connections: Connections | undefined
  private readonly connected = new Set<number>()
  private onConnection: (failure: string | null) => void = () => {}
  /** performance.now() at time 0 of the run clock. */
  private origin = Number.POSITIVE_INFINITY
  private timer: NodeJS.Timeout | undefined
  /** When it means to wake up next, on the run clock. */
  private wakeAt = Number.POSITIVE_INFINITY
  private nextSweep = 0
  private stopAt = Number.POSITIVE_INFINITY
  private drainMs: number
  private stage: 'before' | 'counted' | 'after' = 'before'
  private onOver: (result: LoadResult) => void = () => {}

  constructor(private readonly options: GeneratorOptions) {
    const { load, part } = options
    this.window = { startMs: load.warmupMs, endMs: load.warmupMs + measuredMs(load) }
    this.plannedEndMs = this.window.endMs
    this.drainMs = options.drainMs
    const { journal, sendTask } = this.tasks()
    const mix = requestMix(options.target.requests, load.clients)
    const sendVariant = (connection: number, k: number): void => this.connections?.send(connection, mix.variantOf(k))
    this.recorder = new Recorder({
      window: this.window,
      tickMs: options.tickMs,
      dueBefore: countingSchedule(options),
      dispatched: () => this.dispatcher.dispatched,
      health: () => this.health.sinceLast(),
      journal,
      clients: load.clients === 0 ? null : new ClientBook(load.clients),
      onTick: options.onTick,
    })
    this.dispatcher = new Dispatcher({
      connections: options.connections,
      arrivals: load.mode === 'open' ? new Schedule({ ...load, part }) : null,
      part,
      endMs: () => this.window.endMs,
      timeoutMs: load.timeoutMs,
      recorder: this.recorder,
      journal,
      send: sendTask ?? sendVariant,
      abandon: (connection) => this.connections?.abandon(connection),
    })
  }

  /**
   * Opens every connection, so that setting them up is no part of the figures.
   * @throws LabError exit code 3 (file descriptors) or 4 (nothing answers at the target)
   */
  async connect(): Promise<void> {
    const { target, load, connections } = this.options
    rehearse()
    await new Promise<void>((resolve, reject) => {
      const failures = new Map<string, number>()
      const give = (error: LabError): void => {
        this.close()
        reject(error)
      }
      const early = setTimeout(() => {
        if (this.connected.size === 0) give(nothingThere(target.origin, failures))
      }, NOTHING_THERE_MS)
      const late = setTimeout(() => settle(), ENOUGH_WAITED_MS)
      const settle = (): void => {
        clearTimeout(early)
        clearTimeout(late)
        this.onConnection = () => {}
        resolve()
      }
      this.onConnection = (failure) => {
        if (failure === 'EMFILE' || failure === 'ENFILE') {
          clearTimeout(early)
          clearTimeout(late)
          give(tooFewDescriptors(connections))
        } else if (failure !== null) failures.set(failure, (failures.get(failure) ?? 0) + 1)
        else if (this.connected.size === connections) settle()
      }
      this.connections = connectWithAutocannon({
        origin: target.origin,
        insecure: target.insecure,
        connections,
        mix: requestMix(target.requests, load.clients),
        asksDatabase: load.workload !== null,
        connectTimeoutMs: Math.min(load.timeoutMs, NOTHING_THERE_MS),
        events: {
          onConnected: (connection) => {
            this.connected.add(connection)
            this.onConnection(null)
          },
          onIdle: (connection) => this.dispatcher.onIdle(connection, this.now()),
          onDown: (connection) => this.dispatcher.onDown(connection),
          onAnswer: (connection, answer) => {
            const at = performance.now()
            this.health.answered(at)
            this.dispatcher.onAnswer(connection, answer, this.onRunClock(at))
          },
          wantsError: (status) => this.recorder.wantsError(status),
          onError: (status, sample) => {
            // Another connection may have been first.
            if (this.recorder.wantsError(status)) this.recorder.said(status, sample)
          },
          onLost: (connection, cause) => this.dispatcher.onLost(connection, cause, this.now()),
          onUnsent: (connection) => this.dispatcher.onUnsent(connection, this.now()),
          onConnectFailure: (_connection, code) => {
            if (this.now() >= 0) this.recorder.connectFailed(this.now(), code)
            this.onConnection(code)
          },
        },
      })
    })
  }

  /** Sends the load. @param originNs time 0 of the run clock, as process.hrtime.bigint() says it, now or soon */
  run(originNs: bigint): Promise<LoadResult> {
    this.origin = performance.now() + Number(originNs - process.hrtime.bigint()) / 1e6
    return new Promise((resolve) => {
      this.onOver = resolve
      this.wake()
    })
  }

  /**
   * Ends the counted part at this moment of the run clock (now, if it has passed), sends nothing more, and drains.
   * @param drain false: what is in flight then is not waited for
   */
  stop(atMs: number, drain: boolean): void {
    if (!drain) this.drainMs = 0
    if (this.origin === Number.POSITIVE_INFINITY) return
    this.window.endMs = Math.min(this.window.endMs, Math.max(atMs, this.now()))
    this.stopAt = Math.min(this.stopAt, Math.max(atMs, this.now()))
    clearTimeout(this.timer)
    this.wake()
  }

  close(): void {
    clearTimeout(this.timer)
    this.health.close()
    this.connections?.close()
  }

  /** Under a workload: who follows its requests, and who sends them, each made for its moment. */
  private tasks() {
    const { load, part, target } = this.options
    const { workload } = load
    if (workload === null) return { journal: null, sendTask: null }
    const keyOf = idempotencyKeys(workload, part.index)
    const journal = new JournalKeeper({
      tasks: tasksOf(workload, load.seed, part),
      keyOf,
      // Above the versions of any run before on the same data, by the clock of this machine.
      firstVersion: Date.now() * 1_000,
    })
    const writer = new TaskWriter({
      origin: target.origin,
      headers: target.requests[0]?.headers ?? [],
      consistency: workload.consistency,
      clients: load.clients,
      keyOf,
    })
    const sendTask = (connection: number, k: number, now: number): void => {
      const flight = journal.sent(k, now)
      this.connections?.sendBytes(connection, writer.write(k, flight), flight.known !== null)
    }
    return { journal, sendTask }
  }

  /** Milliseconds on the run clock; negative before it starts. */
  private now(): number {
    return this.onRunClock(performance.now())
  }

  private onRunClock(at: number): number {
    return this.origin === Number.POSITIVE_INFINITY ? -1 : at - this.origin
  }

  private wake(): void {
    const now = this.now()
    this.health.paused(Math.max(0, now - this.wakeAt))
    // What came due before the stop is sent like any other: it would count as unfinished, and nobody was in its way.
    this.dispatcher.pump(now)
    if (now >= this.stopAt) this.dispatcher.stop()
    if (now >= this.nextSweep) {
      this.dispatcher.sweep(now)
      this.nextSweep = now + LONGEST_SLEEP_MS
    }
    this.recorder.roll(now)
    this.watchPhase(now)
    const over = now >= this.window.endMs && (this.dispatcher.done || now >= this.window.endMs + this.drainMs)
    if (over) this.finish(now)
    else {
      const sleep = this.sleep(now)
      this.wakeAt = now + sleep
      this.timer = setTimeout(() => this.wake(), sleep)
    }
  }

  private sleep(now: number): number {
    if (now < 0) return Math.max(1, Math.floor(-now))
    const until = now < this.window.endMs ? Math.min(this.dispatcher.nextDue(), this.window.endMs) : now
    return Math.min(LONGEST_SLEEP_MS, Math.max(1, Math.floor(until - now)))
  }

  private watchPhase(now: number): void {
    if (this.stage === 'before' && now >= this.window.startMs) {
      this.stage = 'counted'
      this.health.beginCounted()
    }
    if (this.stage === 'counted' && now >= this.window.endMs) {
      this.stage = 'after'
      this.health.endCounted()
    }
  }

  private finish(now: number): void {
    const unfinished = this.dispatcher.giveUp(now)
    const complete = this.stopAt >= this.plannedEndMs
    const result = this.recorder.finish(now, unfinished, this.health.inCounted(), complete)
    this.close()
    this.onOver(result)
  }
}

/** How many requests of this generator are due before ever later moments: a second walk through the same schedule. */
function countingSchedule({ load, part }: GeneratorOptions): ((ms: number) => number) | null {
  if (load.mode === 'closed') return null
  const schedule = new Schedule({ ...load, part })
  let count = 0
  return (ms) => {
    for (; schedule.due < ms; schedule.advance()) count += 1
    return count
  }
}

function nothingThere(origin: string, failures: ReadonlyMap<string, number>): LabError {
  const reasons = [...failures].map(([code, times]) => `${code} (${times} attempts)`)
  const [most = ''] = [...failures].toSorted((a, b) => b[1] - a[1]).map(([code]) => code)
  return runError(
    `nothing answers at ${origin}${reasons.length === 0 ? '' : `: ${reasons.join(', ')}`}`,
    adviceOnConnecting(most),
  )
}

export function tooFewDescriptors(connections: number, limit?: number): LabError {
  return environmentError(
    `too few file descriptors for ${connections} connections${limit === undefined ? '' : ` (the limit is ${limit})`}`,
    `Raise the limit in this shell (ulimit -n ${2 ** Math.ceil(Math.log2(connections + 200))}) or ask for fewer connections.`,
  )
}

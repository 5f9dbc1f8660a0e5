import type { Answer } from './answer.js'
import type { LossCause } from './connections.js'
import type { JournalKeeper } from './journal-keeper.js'
import type { Recorder } from './recorder.js'

/** Due moments, in order: Schedule for an open loop. */
export interface Arrivals {
  /** Number of the current arrival in the whole schedule. */
  readonly k: number
  /** Its moment in milliseconds, Infinity when there are no more. */
  readonly due: number
  advance(): void
}

export interface DispatcherOptions {
  connections: number
  /** Null for a closed loop: a request is due when a connection can take it. */
  arrivals: Arrivals | null
  /** Number of the first request and the step to the next (closed loop). */
  part: { index: number; of: number }
  /** From here on nothing new is due, in milliseconds; read anew each time. */
  endMs: () => number
  timeoutMs: number
  recorder: Pick<Recorder, 'sent' | 'unsent' | 'answered' | 'lost' | 'counts'>
  /** Told of every request's end; null where nobody follows them one by one. */
  journal: Pick<JournalKeeper, 'answered' | 'lost' | 'neverSent'> | null
  send: (connection: number, k: number, now: number) => void
  /** Drop a connection whose request timed out; it comes back by itself. */
  abandon: (connection: number) => void
}

const DOWN = 0
const IDLE = 1
const BUSY = 2

/**
 * Gives due requests to idle connections, the one idle for longest first, and follows each to its end. Every request
 * that was due ends in exactly one class: answered, lost, or unfinished. One that finds no connection waits and keeps its
 * due moment; the waiting ones are not stored but are what the arrivals have not yet been asked for.
 *
 * Knows neither clock nor sockets: moments come as arguments, in milliseconds on the run clock, never falling.
 */
export class Dispatcher {
  private readonly state: Uint8Array
  private readonly due: Float64Array
  private readonly sentAt: Float64Array
  private readonly number: Float64Array
  private readonly idleSince: Float64Array
  /** Ring of connections that were idle when they were put in; `queued` says which are in it. */
  private readonly ring: Int32Array
  private readonly queued: Uint8Array
  private head = 0
  private length = 0
  private closedK: number
  private stopped = false
  inFlight = 0
  /** Requests sent, whatever became of them. */
  dispatched = 0
  /** Handed over but never sent: to go out first, oldest due moment first. */
  private readonly returned: { k: number; due: number }[] = []

  constructor(private readonly options: DispatcherOptions) {
    const n = options.connections
    this.state = new Uint8Array(n)
    this.due = new Float64Array(n)
    this.sentAt = new Float64Array(n)
    this.number = new Float64Array(n)
    this.idleSince = new Float64Array(n)
    this.ring = new Int32Array(n)
    this.queued = new Uint8Array(n)
    this.closedK = options.part.index
  }

  /** When there will be something to send: a moment that may have passed, Infinity when never (in a closed loop, too). */
  nextDue(): number {
    if (this.stopped) return Number.POSITIVE_INFINITY
    const due = this.returned[0]?.due ?? this.options.arrivals?.due ?? Number.POSITIVE_INFINITY
    return due < this.options.endMs() ? due : Number.POSITIVE_INFINITY
  }

  /** Sends what is due as long as there are idle connections. */
  pump(now: number): void {
    const { arrivals, endMs, part } = this.options
    while (!this.stopped) {
      if (arrivals === null ? now < 0 || now >= endMs() : this.nextDue() > now) return
      const connection = this.takeIdle()
      if (connection < 0) return
      const back = this.returned.length === 0 ? undefined : this.returned.shift()
      if (back !== undefined) {
        this.dispatch(connection, back.k, back.due, now)
      } else if (arrivals === null) {
        const k = this.closedK
        this.closedK += part.of
        this.dispatch(connection, k, now, now)
      } else {
        const { k, due } = arrivals
        arrivals.advance()
        this.dispatch(connection, k, due, now)
      }
    }
  }

  onIdle(connection: number, now: number): void {
    this.state[connection] = IDLE
    this.idleSince[connection] = now
    if (this.queued[connection] === 0) {
      this.queued[connection] = 1
      this.ring[(this.head + this.length) % this.ring.length] = connection
      this.length += 1
    }
    this.pump(now)
  }

  onDown(connection: number): void {
    this.state[connection] = DOWN
  }

  onAnswer(connection: number, answer: Answer, now: number): void {
    if (!this.release(connection)) return
    const { recorder, journal } = this.options
    const due = this.at(this.due, connection)
    const k = this.at(this.number, connection)
    recorder.answered(k, due, this.at(this.sentAt, connection), now, answer.status, answer.instance)
    if (journal !== null) journal.answered(k, due, now, answer)
  }

  onLost(connection: number, cause: LossCause, now: number): void {
    if (!this.release(connection)) return
    const due = this.at(this.due, connection)
    this.options.recorder.lost(due, now, cause)
    this.options.journal?.lost(this.at(this.number, connection), due, now, cause)
  }

  onUnsent(connection: number, now: number): void {
    if (!this.release(connection)) return
    const due = this.at(this.due, connection)
    this.options.recorder.unsent(due, now)
    this.dispatched -= 1
    const k = this.at(this.number, connection)
    // In a closed loop it was due because there was a connection; there is none now.
    if (this.options.arrivals === null) {
      this.options.journal?.neverSent(k, due, now)
      return
    }
    const later = this.returned.findIndex((other) => other.due > due)
    this.returned.splice(later < 0 ? this.returned.length : later, 0, { k, due })
    this.pump(now)
  }

  /** Loses every request whose answer is overdue. */
  sweep(now: number): void {
    const latest = now - this.options.timeoutMs
    for (let connection = 0; connection < this.state.length; connection++) {
      if (this.state[connection] !== BUSY || this.at(this.sentAt, connection) > latest) continue
      this.onLost(connection, 'timeout', now)
      this.options.abandon(connection)
    }
  }

  /** Sends nothing more; what waits stays unfinished. */
  stop(): void {
    this.stopped = true
  }

  /** Nothing in flight and nothing left to send. */
  get done(): boolean {
    return this.inFlight === 0 && (this.stopped || this.nextDue() === Number.POSITIVE_INFINITY)
  }

  /** Counts the counted requests that wait to be sent or answered, and gives up all that do. Uses up the arrivals. */
  giveUp(now: number): number {
    const { recorder, arrivals, journal, endMs } = this.options
    let count = 0
    for (let c = 0; c < this.state.length; c++) {
      if (this.state[c] !== BUSY) continue
      const due = this.at(this.due, c)
      if (recorder.counts(due)) count++
      journal?.lost(this.at(this.number, c), due, now, 'unfinished')
    }
    const never = (k: number, due: number): void => {
      if (recorder.counts(due)) count++
      journal?.neverSent(k, due, now)
    }
    for (const { k, due } of this.returned) never(k, due)
    if (arrivals !== null) for (; arrivals.due < endMs(); arrivals.advance()) never(arrivals.k, arrivals.due)
    return count
  }

  private dispatch(connection: number, k: number, due: number, now: number): void {
    this.state[connection] = BUSY
    this.due[connection] = due
    this.sentAt[connection] = now
    this.number[connection] = k
    this.inFlight += 1
    const wasIdle = this.options.arrivals !== null && this.at(this.idleSince, connection) <= due
    this.options.recorder.sent(due, now, wasIdle)
    this.dispatched += 1
    this.options.send(connection, k, now)
  }

  /** Ends the request in flight on a connection; false when there is none (it timed out just before). */
  private release(connection: number): boolean {
    if (this.state[connection] !== BUSY) return false
    this.state[connection] = DOWN
    this.inFlight -= 1
    return true
  }

  /** The connection that has been idle for longest, or -1. */
  private takeIdle(): number {
    while (this.length > 0) {
      const connection = this.ring[this.head] ?? -1
      this.head = (this.head + 1) % this.ring.length
      this.length -= 1
      this.queued[connection] = 0
      if (this.state[connection] === IDLE) return connection
    }
    return -1
  }

  private at(values: Float64Array, connection: number): number {
    return values[connection] ?? Number.NaN
  }
}

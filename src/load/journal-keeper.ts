import type { Answer } from './answer.js'
import type { LossCause } from './connections.js'
import { JournalTally } from './journal-tally.js'
import { LsnBook } from './lsn-book.js'
import type { Journal, WriteEntry, WriteOutcome } from './port.js'
import { type KnownVersions, SessionBook } from './session-book.js'
import { isWrite, type Task } from './workload.js'

export interface JournalOptions {
  tasks: (k: number) => Task
  /** Idempotency key of request k. */
  keyOf: (k: number) => string
  /** See SessionBook. */
  firstVersion: number
}

/** A request under way. */
export interface Flight {
  task: Task
  /** What a write writes. */
  version: number | null
  /** What a read has to see to read its own writes; null for no demand. */
  afterLsn: string | null
  sentAt: number
  known: KnownVersions | null
}

/**
 * Follows the requests of a workload one by one: every write to exactly one outcome, every read of a session to what it
 * should have seen. Told of each request by the number k, in the order of time, in milliseconds on the run clock.
 */
export class JournalKeeper {
  private readonly sessions: SessionBook
  private readonly lsns = new LsnBook()
  private readonly flights = new Map<number, Flight>()
  private readonly tick = new JournalTally()
  private readonly whole = new JournalTally()

  constructor(private readonly options: JournalOptions) {
    this.sessions = new SessionBook(options.firstVersion)
  }

  /** Request k is sent now; also again, when it had not left the machine. */
  sent(k: number, now: number): Flight {
    const task = this.options.tasks(k)
    const { kind, user } = task
    const flight: Flight = {
      task,
      version: kind === 'write' ? this.sessions.nextVersion(user) : null,
      // Of a listing no single server can say how far it must have read.
      afterLsn: isWrite(task) || kind === 'list' ? null : this.lsns.after(entityOf(task)),
      sentAt: now,
      known: kind === 'read' ? this.sessions.known(user) : null,
    }
    this.flights.set(k, flight)
    return flight
  }

  answered(k: number, due: number, now: number, answer: Answer): void {
    const flight = this.land(k)
    if (flight === undefined) return
    const { task, version } = flight
    const { status } = answer
    if (answer.node !== null) {
      const responseMs = status < 400 ? now - due : null
      this.tick.answer(answer.node, task.kind, responseMs)
      this.whole.answer(answer.node, task.kind, responseMs)
    } else if (answer.gathered) {
      this.tick.gathered += 1
      this.whole.gathered += 1
    }
    if (isWrite(task)) {
      const outcome = outcomeOf(answer)
      if (outcome === 'acknowledged') {
        this.lsns.reached(entityOf(task), answer.lsn)
        if (version !== null) this.sessions.acknowledged(task.user, version, now)
      }
      this.write({ k, task, due, sentAt: flight.sentAt, now, outcome, status, node: answer.node })
    } else if (flight.known !== null) this.checkRead(flight, flight.known, answer)
    if (status >= 400) this.failure(task, due, now, `http ${status}`)
  }

  /** Sent, and no answer will come: nobody knows what a write did. */
  lost(k: number, due: number, now: number, cause: LossCause | 'unfinished'): void {
    const flight = this.land(k)
    if (flight === undefined) return
    const { task, sentAt } = flight
    if (isWrite(task)) this.write({ k, task, due, sentAt, now, outcome: 'unknown', status: null, node: null })
    this.failure(task, due, now, cause)
  }

  /** Due, and never sent: nothing can have come of it. */
  neverSent(k: number, due: number, now: number): void {
    this.flights.delete(k)
    const task = this.options.tasks(k)
    if (isWrite(task)) this.write({ k, task, due, sentAt: now, now, outcome: 'refused', status: null, node: null })
    this.failure(task, due, now, 'never sent')
  }

  get tickIsEmpty(): boolean {
    return this.tick.empty
  }

  /** Of what ended since the last time. */
  takeTick(): Journal {
    return this.tick.take()
  }

  /** Of everything; once, at the end. */
  takeWhole(): Journal {
    return this.whole.take()
  }

  private land(k: number): Flight | undefined {
    const flight = this.flights.get(k)
    this.flights.delete(k)
    return flight
  }

  private checkRead({ task, sentAt }: Flight, known: KnownVersions, { status, version }: Answer): void {
    // No such user: older than any version. Other failures say nothing of the data.
    const seen = status === 404 ? 0 : status < 400 ? version : null
    if (seen === null) return
    const check = this.sessions.check(task.user, seen, known, sentAt)
    this.tick.read(check)
    this.whole.read(check)
  }

  private write(end: {
    k: number
    task: Task
    due: number
    sentAt: number
    now: number
    outcome: WriteOutcome
    status: number | null
    node: string | null
  }): void {
    const entry: WriteEntry = {
      key: this.options.keyOf(end.k),
      kind: end.task.kind,
      due_ms: toMicroseconds(end.due),
      sent_ms: toMicroseconds(end.sentAt),
      done_ms: toMicroseconds(end.now),
      outcome: end.outcome,
      status: end.status,
      node: end.node,
    }
    this.tick.write(entry)
    this.whole.write(entry)
  }

  private failure({ kind }: Task, due: number, now: number, cause: string): void {
    const failure = { due_ms: toMicroseconds(due), done_ms: toMicroseconds(now), kind, cause }
    this.tick.failure(failure)
    this.whole.failure(failure)
  }
}

/** What it reads or changes: a user's session or money, or a product with its stock. */
function entityOf({ kind, user, product }: Task): string {
  return kind === 'read' || kind === 'write' || kind === 'transfer' ? `user ${user}` : `product ${product}`
}

/** What became of a write, by its answer. A server's error says nothing by itself: the commit may have been done. */
export function outcomeOf({ status, outcome }: Answer): WriteOutcome {
  if (status < 400) return 'acknowledged'
  if (outcome === 'unknown') return 'unknown'
  return outcome === 'refused' || status < 500 ? 'refused' : 'unknown'
}

/** Milliseconds, to the microsecond: more digits are noise, and fill the journal. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}

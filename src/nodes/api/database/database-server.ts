import { parseLsn } from '../../../core/lsn.js'
import { Connection, ConnectionLost, type Login, type Query, type Row, type Statement } from './connection.js'
import { ConnectionPool, NoConnection } from './connections.js'

/** A poll without an answer for so long: nothing new is sent there, in milliseconds. */
const SUSPECT_AFTER = 100
/** And for so long (three polls): the server is judged gone, and what is in flight is given up. */
const GONE_AFTER = 300
/** Connecting and logging in. A frozen server accepts connections and says nothing. */
const CONNECT_LIMIT = 1_000
/** Connections kept open ahead of need, so that a standby that becomes the primary has some. */
const WARM = 2

/** What a server said about itself. */
export interface ServerReport {
  recovering: boolean
  /** Undefined: a standby that receives nothing at the moment. */
  timeline: number | undefined
  /** Written by a primary, replayed by a standby; undefined: a standby that has replayed nothing yet. In bytes, exact to 2^53 (8 PiB of log). */
  lsn: number | undefined
}

/** unknown: never answered yet; suspect: an answer is overdue or a connection broke; down: gone or not letting us in. */
export type PolledState = 'unknown' | 'up' | 'suspect' | 'down'

// A primary's timeline is not read from the control file: there it changes with the checkpoint, seconds later.
const POLL: Statement = {
  name: 'poll',
  text: `SELECT recovering,
  CASE WHEN recovering THEN (SELECT to_hex(received_tli) FROM pg_stat_wal_receiver)
    ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END,
  CASE WHEN recovering THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END
FROM (SELECT pg_is_in_recovery() AS recovering OFFSET 0) AS role`,
}

/** Told of every answer and of every change of state of a server. */
export type ServerListener = (server: PolledServer) => void

/** One database server as this instance sees it: what it last said, over a connection of its own, and its pool. */
export class PolledServer {
  readonly id: string
  readonly connections: ConnectionPool
  report: ServerReport | undefined
  state: PolledState = 'unknown'
  /** When the last poll that was answered had been sent, on performance.now(): what it says was so after that moment. */
  answeredSince = Number.NEGATIVE_INFINITY

  readonly #login: Login
  readonly #changed: ServerListener
  #prober: Connection | undefined
  #connecting = false
  #stopped = false
  /** Of the poll that is not answered yet. */
  #waitedMs: number | undefined
  #pollAgain = false
  /** What was asked before this moment does not settle a doubt. */
  #doubtedAt = Number.NEGATIVE_INFINITY

  constructor(id: string, login: Login, poolSize: number, changed: ServerListener) {
    this.id = id
    this.#login = login
    this.#changed = changed
    this.connections = new ConnectionPool(
      poolSize,
      (broken) => Connection.open(login, CONNECT_LIMIT, broken),
      () => this.doubt(),
    )
  }

  /** Asks the server what it is, unless a question is still open. */
  poll(): void {
    if (this.#stopped || this.#connecting || this.#waitedMs !== undefined) return
    if (this.#prober === undefined) void this.#connect()
    else void this.#ask(this.#prober)
  }

  /** Asks now; when a question is still open, once more as soon as that is answered. */
  pollAnew(): void {
    if (this.#waitedMs !== undefined) this.#pollAgain = true
    this.poll()
  }

  /**
   * A question that does not wait for a connection of the pool: it goes the way of the polls, and is given up as they are.
   * @throws NoConnection, ConnectionLost; DatabaseError for a mistake in the statement
   */
  async ask({ statement, values }: Query): Promise<Row[]> {
    if (this.#prober === undefined) throw new NoConnection(`${this.id} does not answer`)
    return await this.#prober.query(statement, values)
  }

  /** Something went wrong with this server: until it answers a poll that is sent from now on, it is left alone. */
  doubt(): void {
    this.#doubtedAt = performance.now()
    if (this.state === 'up') this.#become('suspect')
    this.pollAnew()
  }

  /** Asks no more, and destroys every connection. */
  stop(): void {
    this.#stopped = true
    this.#prober?.destroy()
    this.connections.closeAll(`${this.id} is not needed any more`)
  }

  /**
   * @param passedMs since the last time, as far as this process could have read an answer
   */
  tick(passedMs: number): void {
    this.connections.sweep(passedMs)
    if (this.#waitedMs === undefined) return
    this.#waitedMs += passedMs
    if (this.#waitedMs >= GONE_AFTER) this.#prober?.destroy()
    else if (this.#waitedMs >= SUSPECT_AFTER && this.state === 'up') this.#become('suspect')
  }

  async #connect(): Promise<void> {
    this.#connecting = true
    try {
      const prober = await Connection.open(this.#login, CONNECT_LIMIT, () => this.#lostProber())
      this.#connecting = false
      if (this.#stopped) return prober.destroy()
      if (!prober.usable) return
      this.#prober = prober
      await this.#ask(prober)
    } catch {
      this.#connecting = false
      this.#gone('does not let us in')
    }
  }

  async #ask(prober: Connection): Promise<void> {
    const sent = performance.now()
    this.#waitedMs = 0
    this.#pollAgain = false
    try {
      const [row] = await prober.query(POLL, [])
      this.#waitedMs = undefined
      if (row !== undefined) this.#answered(row, sent)
      if (this.#pollAgain) this.poll()
    } catch (error) {
      // a lost connection is seen to by #lostProber, with what was waited so far
      if (!(error instanceof ConnectionLost)) prober.destroy()
    }
  }

  #answered([recovering, timeline, lsn]: Row, sent: number): void {
    const first = this.report === undefined
    this.report = {
      recovering: recovering === 't',
      timeline: timeline == null ? undefined : Number.parseInt(timeline, 16),
      lsn: lsn == null ? undefined : Number(parseLsn(lsn)),
    }
    this.answeredSince = sent
    if (sent >= this.#doubtedAt) this.state = 'up'
    if (first) this.connections.warm(WARM)
    this.#changed(this)
  }

  #lostProber(): void {
    const silent = (this.#waitedMs ?? 0) >= GONE_AFTER
    this.#prober = undefined
    this.#waitedMs = undefined
    if (silent) {
      this.#gone('gave no answer')
    } else {
      if (this.state === 'up') this.#become('suspect')
      this.poll()
    }
  }

  #gone(reason: string): void {
    this.report = undefined
    this.#become('down')
    this.connections.closeAll(`${this.id} ${reason}`)
  }

  #become(state: PolledState): void {
    if (this.state === state) return
    this.state = state
    this.#changed(this)
  }
}

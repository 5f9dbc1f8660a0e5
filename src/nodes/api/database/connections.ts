import { type Connection, ConnectionLost } from './connection.js'

interface Waiter {
  taken: (connection: Connection) => void
  failed: (error: Error) => void
  /** On performance.now(). */
  deadline: number
}

/** The server lets nobody in: nothing was sent, and another server may be asked. */
export class NoConnection extends Error {
  override readonly name = 'NoConnection'
}

/** More is asked of the server than its connections can carry: nothing was sent. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded'
}

/** Those who wait for a connection, at most. */
const QUEUE_LIMIT = 1_000

/**
 * The connections to one server: opened when there is need, kept, one user at a time, in the order of asking. They are
 * destroyed all at once when the server is judged gone.
 */
export class ConnectionPool {
  readonly #all = new Set<Connection>()
  readonly #idle: Connection[] = []
  #waiting: Waiter[] = []
  #opening = 0
  /** Connections that were asked for before the last closeAll() are not kept when they come. */
  #generation = 0

  /**
   * @param size connections at most
   * @param open makes a connection; must call `broken` when it is lost
   * @param trouble told of every connection that is lost or cannot be made
   */
  constructor(
    private readonly size: number,
    private readonly open: (broken: () => void) => Promise<Connection>,
    private readonly trouble: (error: Error) => void,
  ) {}

  /**
   * A connection of one's own until `release`.
   * @param deadline on performance.now()
   * @throws NoConnection, Overloaded
   */
  acquire(deadline: number): Connection | Promise<Connection> {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.usable) return connection
    }
    if (this.#waiting.length >= QUEUE_LIMIT) throw new Overloaded('too many requests wait for the database')
    return new Promise((taken, failed) => {
      this.#waiting.push({ taken, failed, deadline })
      this.#openMore()
    })
  }

  release(connection: Connection): void {
    connection.limitMs = 0
    if (!connection.usable) return
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(connection)
    else next.taken(connection)
  }

  /** Opens connections ahead of need, so many as are still missing to `count`. */
  warm(count: number): void {
    const missing = Math.min(count, this.size) - this.#all.size - this.#opening
    for (let i = 0; i < missing; i++) void this.#openOne()
  }

  /**
   * Gives up what has waited too long. Time is counted by what the caller says has passed, not by the clock: when this
   * process itself was held up, answers may lie unread.
   */
  sweep(passedMs: number): void {
    for (const connection of this.#all) {
      if (connection.limitMs === 0) continue
      connection.waitedMs += passedMs
      if (connection.waitedMs > connection.limitMs) connection.destroy()
    }
    const now = performance.now()
    const first = this.#waiting[0]
    if (first === undefined) return
    const expired = this.#waiting.filter(({ deadline }) => deadline < now)
    if (expired.length === 0) return
    this.#waiting = this.#waiting.filter(({ deadline }) => deadline >= now)
    for (const { failed } of expired) failed(new Overloaded('no database connection was free in time'))
  }

  /** Destroys every connection, and sends everybody who waits for one elsewhere. */
  closeAll(reason: string): void {
    this.#generation++
    for (const connection of [...this.#all]) connection.destroy()
    this.#idle.length = 0
    this.#dismiss(new NoConnection(reason))
  }

  #openMore(): void {
    if (this.#opening < this.#waiting.length && this.#all.size + this.#opening < this.size) void this.#openOne()
  }

  async #openOne(): Promise<void> {
    const generation = this.#generation
    this.#opening++
    let connection: Connection | undefined
    try {
      connection = await this.open(() => {
        if (connection !== undefined) {
          this.#all.delete(connection)
          const index = this.#idle.indexOf(connection)
          if (index !== -1) this.#idle.splice(index, 1)
        }
        if (generation !== this.#generation) return
        this.trouble(new ConnectionLost('the connection broke'))
        this.#openMore()
      })
      this.#opening--
    } catch (error) {
      this.#opening--
      if (generation !== this.#generation) return
      const reason = error instanceof Error ? error : new Error(String(error))
      this.trouble(reason)
      // those who wait are served by the connections there are, if there are any
      if (this.#all.size === 0 && this.#opening === 0) this.#dismiss(new NoConnection(reason.message))
      return
    }
    if (generation !== this.#generation) return connection.destroy()
    if (!connection.usable) return // lost before it was here, and `broken` has said so
    this.#all.add(connection)
    this.release(connection)
  }

  #dismiss(error: Error): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { failed } of waiting) failed(error)
  }
}

import { Socket } from 'node:net'
import { Client, DatabaseError } from 'pg'
import { clientSettings, type DatabaseLogin } from '../../../core/database-login.js'

/** How one database server is reached. */
export type Login = Omit<DatabaseLogin, 'options'>

/** A prepared statement: parsed once per connection, under its name. */
export interface Statement {
  name: string
  text: string
}

export interface Query {
  statement: Statement
  values: Value[]
}

/** Columns in PostgreSQL's text form: whoever reads them knows what they are. */
export type Row = readonly (string | null)[]
export type Value = string | number | null

/** No server answered in this case: the connection is lost, and what became of a query that was sent is not known. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/**
 * A statement is planned once per connection, when tables may still be empty: reading all of `requests` is the best
 * plan then, and a slow one soon after. Every statement here has an index to go by.
 */
const PLANNING = '-c enable_seqscan=off'

// every value stays the text that came
const types = { getTypeParser: () => (value: unknown) => value }

/**
 * One session with a server, over pg's client in pipeline mode: a query may be sent before the one before it is
 * answered, and each is a transaction of its own. What pg does not have is `destroy`: a frozen server closes nothing.
 */
export class Connection {
  readonly #client: Client
  readonly #socket = new Socket()
  /** How long the query in flight waits, in milliseconds; kept by the pool. */
  waitedMs = 0
  /** How long it may; 0: as long as the server lives. */
  limitMs = 0
  /** A commit's wait for a standby was given up since this was last set to false: it is on this server alone. */
  commitUnconfirmed = false
  usable = false

  private constructor(login: Login, timeoutMs: number) {
    this.#client = new Client({
      ...clientSettings({ ...login, options: PLANNING }),
      connectionTimeoutMillis: timeoutMs,
      stream: () => this.#socket,
      pipeline: true,
      types,
    })
  }

  /**
   * Connects and logs in.
   * @param timeoutMs for both together
   * @param broken called once when the connection is lost or destroyed, never when it could not be made
   * @throws DatabaseError: the server refused; ConnectionLost: it did not answer
   */
  static async open(login: Login, timeoutMs: number, broken: () => void): Promise<Connection> {
    const connection = new Connection(login, timeoutMs)
    const client = connection.#client
    // the loss of a session is told by `end`; without a listener an error event would end the process
    client.on('error', () => {
      connection.usable = false
    })
    client.on('notice', ({ code }) => {
      // "canceling wait for synchronous replication ..." of a cancelled and of a terminated session
      if (code === '01000' || code === '57P01') connection.commitUnconfirmed = true
    })
    try {
      await client.connect()
    } catch (error) {
      connection.#socket.destroy()
      throw asLost(error)
    }
    connection.usable = true
    client.on('end', () => {
      connection.usable = false
      broken()
    })
    return connection
  }

  /**
   * One statement, one round trip.
   * @throws DatabaseError: the server refused, and nothing was changed unless it is FATAL; ConnectionLost
   */
  query({ name, text }: Statement, values: Value[]): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      this.#client.query<(string | null)[], Value[]>({ name, text, values, rowMode: 'array' }, (error, result) => {
        if (error) reject(asLost(error))
        else resolve(result.rows)
      })
    })
  }

  /** Statements in one round trip, each its own transaction: it sees what the ones before it committed. */
  async queryAll(queries: readonly Query[]): Promise<Row[][]> {
    this.#socket.cork()
    const answers = queries.map(({ statement, values }) => this.query(statement, values))
    this.#socket.uncork()
    return await Promise.all(answers)
  }

  /** Closes at once, whatever is in flight; that is answered with ConnectionLost. */
  destroy(): void {
    this.usable = false
    this.#socket.destroy()
  }
}

function asLost(error: unknown): Error {
  if (error instanceof DatabaseError) return error
  return new ConnectionLost(error instanceof Error ? error.message : String(error))
}

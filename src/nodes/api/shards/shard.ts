import type { ShardsFile } from '../../../core/shard-map.js'
import { PolledCluster } from '../database/cluster.js'
import type { Query, Row } from '../database/connection.js'
import type { PolledServer } from '../database/database-server.js'
import { mayTryAgain } from '../database/reader.js'
import { attemptWrite, type Done, type Failed, type Write } from '../database/write-attempt.js'

/** Without an answer for so long a connection is given up, in milliseconds, besides the stated duration of a request. */
const ANSWER_LIMIT = 2_000

/** A shard does not answer: nothing was read. */
export class ShardDown extends Error {
  override readonly name = 'ShardDown'
}

/** One shard: a cluster of one server, asked once at a time. Who asks again, and where, is for others to say. */
export class ShardClient {
  readonly id: string
  readonly address: string
  readonly #cluster: PolledCluster
  readonly #limitMs: number
  readonly #ahead: { query: Query; ms: number } | undefined

  /**
   * Polls the server from now on.
   * @param application what its sessions are called in pg_stat_activity
   */
  constructor({ id, address }: { id: string; address: string }, file: ShardsFile, application: string) {
    this.id = id
    this.address = address
    this.#cluster = new PolledCluster({ ...file, nodes: [{ id, address }] }, application)
    this.#limitMs = ANSWER_LIMIT + file.query_ms
    if (file.query_ms > 0) this.#ahead = { query: pause(file.query_ms), ms: file.query_ms }
    this.#cluster.start()
  }

  get up(): boolean {
    return this.#cluster.primary !== undefined
  }

  /** Closes every connection for good. */
  stop(): void {
    this.#cluster.stop()
  }

  /**
   * Reads once.
   * @param deadline on performance.now(): until then a connection must be free
   * @param onKey whether it takes the stated time of a request on a key
   * @throws ShardDown, Overloaded; DatabaseError for a mistake in the statement
   */
  async read(query: Query, deadline: number, onKey = false): Promise<Row[]> {
    const server = this.#server()
    const queries = onKey && this.#ahead !== undefined ? [this.#ahead.query, query] : [query]
    try {
      const connection = await server.connections.acquire(deadline)
      connection.waitedMs = 0
      connection.limitMs = this.#limitMs
      try {
        return (await connection.queryAll(queries)).at(-1) ?? []
      } finally {
        server.connections.release(connection)
      }
    } catch (error) {
      if (!mayTryAgain(error)) throw error
      server.doubt()
      throw new ShardDown(`${this.id}: ${(error as Error).message}`)
    }
  }

  /**
   * Asks what must not wait until requests leave a connection free.
   * @throws ShardDown
   */
  async ask(query: Query): Promise<Row[]> {
    try {
      return await this.#server().ask(query)
    } catch (error) {
      throw new ShardDown(`${this.id}: ${(error as Error).message}`)
    }
  }

  /**
   * Makes a write once.
   * @param deadline on performance.now()
   */
  async write(write: Omit<Write, 'ahead'>, deadline: number): Promise<Done | Failed> {
    const server = this.#cluster.primary
    if (server === undefined) return { kind: 'refused', reason: `${this.id} does not answer`, again: true }
    const attempt = await attemptWrite(server, this.#ahead ? { ...write, ahead: this.#ahead } : write, deadline)
    return attempt.kind === 'done' ? attempt : { ...attempt, reason: `${this.id}: ${attempt.reason}` }
  }

  #server(): PolledServer {
    const server = this.#cluster.primary
    if (server === undefined) throw new ShardDown(`${this.id} does not answer`)
    return server
  }
}

/** Takes a connection for so long, and no lock of the rows that are read or written after it. */
function pause(ms: number): Query {
  return { statement: { name: 'pause', text: `SELECT pg_sleep(${ms / 1_000})` }, values: [] }
}

import { DatabaseError } from 'pg'
import type { ReadTarget } from '../../../core/databases-file.js'
import type { Consistency } from '../../../core/load.js'
import { parseLsn } from '../../../core/lsn.js'
import type { PolledCluster } from './cluster.js'
import { type Connection, ConnectionLost, type Query, type Row, type Statement } from './connection.js'
import { NoConnection } from './connections.js'
import type { PolledServer } from './database-server.js'

/** Without an answer for so long another server is asked, in milliseconds, besides the read's own stated duration. */
const ANSWER_LIMIT = 500
/** How long a read-your-writes read waits for a standby before it goes to the primary, in milliseconds. */
const CATCH_UP_LIMIT = 100
const CATCH_UP_STEP = 4
/** How long a read looks for a server in all, in milliseconds. */
const PATIENCE = 2_000

/** What a read has to see. */
export type Freshness = Exclude<Consistency, 'default'>

export interface ReadAnswer {
  row: Row | undefined
  /** The server that answered. */
  node: string
}

/** No server could answer in time. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

const REPLAYED: Statement = {
  name: 'replayed',
  text: 'SELECT pg_last_wal_replay_lsn(), (SELECT to_hex(received_tli) FROM pg_stat_wal_receiver)',
}

/** Sends each read to a server that is fresh enough for it, and to another one when that fails. */
export class Reader {
  readonly #cluster: PolledCluster
  readonly #fromStandbys: boolean
  readonly #limitMs: number

  /** @param queryMs what is added to every read inside the database, in milliseconds */
  constructor(cluster: PolledCluster, target: ReadTarget, queryMs: number) {
    this.#cluster = cluster
    this.#fromStandbys = target === 'standbys'
    this.#limitMs = ANSWER_LIMIT + queryMs
  }

  /**
   * Reads at most one row.
   * @param after for read-your-writes: the log position that must have been replayed; without one it is strong
   * @throws Unavailable, Overloaded; DatabaseError for a mistake in the statement
   */
  async read(query: Query, freshness: Freshness, after?: number): Promise<ReadAnswer> {
    const begun = performance.now()
    const deadline = begun + PATIENCE
    const own = freshness === 'read-your-writes' && after !== undefined
    const mayLag = this.#fromStandbys && (freshness === 'eventual' || own)
    for (;;) {
      const lagging = mayLag && (!own || performance.now() < begun + CATCH_UP_LIMIT)
      const standby = lagging ? this.#cluster.nextStandby() : undefined
      const server = standby ?? this.#cluster.primary
      if (server === undefined) {
        if (performance.now() >= deadline) throw new Unavailable('no database server answers')
        await this.#cluster.changed(deadline)
        continue
      }
      try {
        const connection = await server.connections.acquire(deadline)
        const rows = await this.#use(server, connection, query, own && server === standby ? after : undefined)
        if (rows !== undefined) return { row: rows[0], node: server.id }
        await pause(CATCH_UP_STEP)
      } catch (error) {
        if (!mayTryAgain(error)) throw error
        if (performance.now() >= deadline) throw new Unavailable((error as Error).message)
        server.doubt()
        // it is asked again when it has answered a poll; where there is nobody else, that is waited for
        if (server === this.#cluster.primary) await pause(CATCH_UP_STEP)
      }
    }
  }

  /** The rows; undefined when the server has not replayed `after` yet. */
  async #use(
    server: PolledServer,
    connection: Connection,
    query: Query,
    after: number | undefined,
  ): Promise<Row[] | undefined> {
    connection.waitedMs = 0
    connection.limitMs = this.#limitMs
    try {
      if (after === undefined || this.#hasReplayed(server, after)) {
        return await connection.query(query.statement, query.values)
      }
      // One round trip: the read's snapshot is taken after the position was read, and so holds what it covers.
      const [[position] = [], rows] = await connection.queryAll([{ statement: REPLAYED, values: [] }, query])
      const replayed = Number(parseLsn(position?.[0] ?? '') ?? 0)
      const timeline = Number.parseInt(position?.[1] ?? '', 16)
      return replayed >= after && timeline === this.#cluster.primary?.report?.timeline ? rows : undefined
    } finally {
      server.connections.release(connection)
    }
  }

  /** Known from the last poll. On another timeline than the primary's, positions mean something else. */
  #hasReplayed({ report }: PolledServer, after: number): boolean {
    if (report?.lsn === undefined || report.timeline === undefined) return false
    return report.lsn >= after && report.timeline === this.#cluster.primary?.report?.timeline
  }
}

/** Whether the failure lies with the server and not with the statement. */
export function mayTryAgain(error: unknown): boolean {
  if (error instanceof ConnectionLost || error instanceof NoConnection) return true
  // shutting down or starting; a standby that had to remove rows which the read still needed
  return error instanceof DatabaseError && /^(57P0|40001|53300)/.test(error.code ?? '')
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

import { DatabaseError } from 'pg'
import type { Cluster } from './cluster.js'
import type { Connection, Query, Statement, Value } from './connection.js'
import { NoConnection } from './connections.js'
import type { DatabaseServer } from './database-server.js'

/** A write that has not begun on the server so long after it was sent is not begun at all, in milliseconds. */
const BEGIN_WITHIN = 250
/** Between two attempts at one server that fails again, in milliseconds. */
const STEP = 4
const LONGEST_STEP = 50

/** What became of a write. */
export type Outcome =
  | {
      kind: 'done'
      status: number
      json: string
      /** At or after the commit record. */
      lsn: string
      node: string
      /** The idempotency key was known: this is what was answered then. */
      replayed: boolean
    }
  /** It did not happen, and will not. */
  | { kind: 'refused'; reason: string }
  /** Its commit was sent, and no answer came. */
  | { kind: 'unknown'; reason: string }

type Attempt = Extract<Outcome, { kind: 'done' }> | { kind: 'refused' | 'unknown'; reason: string; again: boolean }

const POSITION: Query = {
  statement: { name: 'position', text: 'SELECT pg_current_wal_insert_lsn()' },
  values: [],
}

/**
 * Makes writes on the primary, and on the next primary when that one goes. Each is one statement, and so one
 * transaction, in one round trip together with the question for the log position.
 *
 * A write is sent again only when that is safe: it surely did not happen, or it has an idempotency key. A primary that
 * was frozen may find a write in its socket when it wakes up, after another took its place: therefore every write says
 * until when it may begin. That compares the clocks of this process and the server, which share a host in our stacks.
 */
export class Writer {
  readonly #cluster: Cluster
  readonly #patienceMs: number

  /** @param patienceMs how long a write is tried in all */
  constructor(cluster: Cluster, patienceMs: number) {
    this.#cluster = cluster
    this.#patienceMs = patienceMs
  }

  /**
   * @param statement of writes.ts: takes the key and the latest moment to begin before the values
   * @param key idempotency key, or null: then an attempt of unknown outcome is not repeated
   */
  async write(statement: Statement, values: Value[], key: string | null): Promise<Outcome> {
    const deadline = performance.now() + this.#patienceMs
    let maybeDone = false
    let reason = 'no primary is known'
    for (let attempts = 1; ; attempts++) {
      while (this.#cluster.primary === undefined && performance.now() < deadline) await this.#cluster.changed(deadline)
      const primary = this.#cluster.primary
      if (primary === undefined) break
      const attempt = await this.#attempt(primary, { statement, values: [key, beginBy(), ...values] }, deadline)
      if (attempt.kind === 'done') return attempt
      maybeDone ||= attempt.kind === 'unknown'
      reason = attempt.reason
      if (!attempt.again || (maybeDone && key === null) || performance.now() >= deadline) break
      if (primary === this.#cluster.primary) await pause(Math.min(LONGEST_STEP, STEP * attempts))
    }
    return { kind: maybeDone ? 'unknown' : 'refused', reason }
  }

  async #attempt(primary: DatabaseServer, query: Query, deadline: number): Promise<Attempt> {
    let connection: Connection
    try {
      connection = await primary.connections.acquire(deadline)
    } catch (error) {
      if (error instanceof NoConnection) primary.doubt()
      return { kind: 'refused', reason: (error as Error).message, again: error instanceof NoConnection }
    }
    // A commit that waits for a standby may last; it keeps its connection, so that such commits do not pile up there.
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<Attempt>((resolve) => {
      const reason = 'the commit is not confirmed yet'
      timer = setTimeout(() => resolve({ kind: 'unknown', reason, again: false }), deadline - performance.now())
    })
    const outcome = this.#run(primary, connection, query).finally(() => {
      clearTimeout(timer)
      primary.connections.release(connection)
    })
    return await Promise.race([outcome, patience])
  }

  async #run(primary: DatabaseServer, connection: Connection, query: Query): Promise<Attempt> {
    connection.commitUnconfirmed = false
    try {
      const [[row], [position]] = await connection.queryBoth(query, POSITION)
      if (row === undefined) return { kind: 'refused', reason: 'the database was too late to begin', again: true }
      if (connection.commitUnconfirmed) {
        return { kind: 'unknown', reason: 'the commit was not confirmed by the standbys', again: true }
      }
      const [status, json, replayed] = row
      const lsn = position?.[0] ?? ''
      return {
        kind: 'done',
        status: Number(status),
        json: json ?? '',
        lsn,
        node: primary.id,
        replayed: replayed === 't',
      }
    } catch (error) {
      return afterFailure(error, primary)
    }
  }
}

/** What a failure says about the write: an ERROR has rolled it back, the end of the session leaves it open. */
function afterFailure(error: unknown, primary: DatabaseServer): Attempt {
  const reason = error instanceof Error ? error.message : String(error)
  if (!(error instanceof DatabaseError) || error.severity !== 'ERROR') {
    primary.doubt()
    return { kind: 'unknown', reason, again: true }
  }
  const { code = '', table } = error
  // the other request with this key has just been committed: the next attempt finds its answer
  if (code === '23505' && table === 'requests') return { kind: 'refused', reason, again: true }
  // a standby by now
  if (code === '25006') primary.doubt()
  return { kind: 'refused', reason, again: ['25006', '40001', '40P01'].includes(code) }
}

function beginBy(): number {
  return (Date.now() + BEGIN_WITHIN) / 1_000
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

import { DatabaseError } from 'pg'
import type { Connection, Query, Statement, Value } from './connection.js'
import { NoConnection } from './connections.js'
import type { PolledServer } from './database-server.js'

/** A write that has not begun on the server so long after it was sent is not begun at all, in milliseconds. */
const BEGIN_WITHIN = 250

/** A write that was made. */
export interface Done {
  kind: 'done'
  status: number
  json: string
  /** At or after the commit record. */
  lsn: string
  node: string
  /** The idempotency key was known: this is what was answered then. */
  replayed: boolean
}

/** refused: it did not happen, and will not. unknown: its commit was sent, and no answer came. */
export interface Failed {
  kind: 'refused' | 'unknown'
  reason: string
  /** Another attempt may fare better. */
  again: boolean
  /** The database's error code, where it gave one. */
  code?: string
}

const POSITION: Query = {
  statement: { name: 'position', text: 'SELECT pg_current_wal_insert_lsn()' },
  values: [],
}

/** A statement of writes.ts with its values, and what goes before it. */
export interface Write {
  /** Takes the key and the latest moment to begin, in seconds since 1970, before the values. */
  statement: Statement
  values: Value[]
  /** Idempotency key. */
  key: string | null
  /** Sent ahead in the same round trip, and how long that lasts in milliseconds. */
  ahead?: { query: Query; ms: number }
}

/**
 * Makes a write once, at one server: one statement, and so one transaction, in one round trip together with the
 * question for the log position.
 *
 * A server that was frozen may find a write in its socket when it wakes up, after another took its place: therefore
 * every write says until when it may begin. That compares the clocks of this process and the server, which share a host
 * in our stacks.
 * @param deadline on performance.now(); what is not confirmed then is unknown
 */
export async function attemptWrite(server: PolledServer, write: Write, deadline: number): Promise<Done | Failed> {
  let connection: Connection
  try {
    connection = await server.connections.acquire(deadline)
  } catch (error) {
    if (error instanceof NoConnection) server.doubt()
    return { kind: 'refused', reason: (error as Error).message, again: error instanceof NoConnection }
  }
  // A commit that waits for a standby may last; it keeps its connection, so that such commits do not pile up there.
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<Failed>((resolve) => {
    const reason = 'the commit is not confirmed yet'
    timer = setTimeout(() => resolve({ kind: 'unknown', reason, again: false }), deadline - performance.now())
  })
  const outcome = run(server, connection, write).finally(() => {
    clearTimeout(timer)
    server.connections.release(connection)
  })
  return await Promise.race([outcome, patience])
}

async function run(server: PolledServer, connection: Connection, write: Write): Promise<Done | Failed> {
  const { statement, values, key, ahead } = write
  const beginBy = (Date.now() + BEGIN_WITHIN + (ahead?.ms ?? 0)) / 1_000
  const queries = [{ statement, values: [key, beginBy, ...values] }, POSITION]
  if (ahead !== undefined) queries.unshift(ahead.query)
  connection.commitUnconfirmed = false
  try {
    const answers = await connection.queryAll(queries)
    const row = answers.at(-2)?.[0]
    if (row === undefined) return { kind: 'refused', reason: 'the database was too late to begin', again: true }
    if (connection.commitUnconfirmed) {
      return { kind: 'unknown', reason: 'the commit was not confirmed by the standbys', again: true }
    }
    const [status, json, replayed] = row
    return {
      kind: 'done',
      status: Number(status),
      json: json ?? '',
      lsn: answers.at(-1)?.[0]?.[0] ?? '',
      node: server.id,
      replayed: replayed === 't',
    }
  } catch (error) {
    return afterFailure(error, server)
  }
}

/** What a failure says about the write: an ERROR has rolled it back, the end of the session leaves it open. */
function afterFailure(error: unknown, server: PolledServer): Failed {
  const reason = error instanceof Error ? error.message : String(error)
  if (!(error instanceof DatabaseError) || error.severity !== 'ERROR') {
    server.doubt()
    return { kind: 'unknown', reason, again: true }
  }
  const { code = '', table = '' } = error
  // the other request with this key has just been committed: the next attempt finds its answer
  if (code === '23505' && ['requests', 'transfers'].includes(table)) return { kind: 'refused', reason, again: true }
  // a standby by now
  if (code === '25006') server.doubt()
  return { kind: 'refused', reason, again: ['25006', '40001', '40P01'].includes(code), code }
}

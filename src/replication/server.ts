import { setTimeout as sleep } from 'node:timers/promises'
import { parseLsn } from '../core/lsn.js'
import { noAnswerOf, passes } from './outcome.js'
import { type Endpoint, Session } from './session.js'

/** What a server says of itself. */
export interface ServerState {
  id: string
  /** False on a primary. */
  recovery: boolean
  timeline: number
  /** Up to where it has the WAL: written on a primary, received or replayed on a standby. */
  position: bigint
  /** Whether it receives WAL from another server at this moment. */
  receiving: boolean
  /** "host:port" that a standby follows, as it was told; null on a primary. */
  follows: string | null
  synchronousStandbyNames: string
  /** When the last commit that it replayed was made, ISO 8601; null where there was none. */
  lastReplayedAt: string | null
}

/** A standby as its primary sees it. */
export interface Sender {
  application_name: string
  state: string
  sync_state: string
}

const STATE = `SELECT pg_is_in_recovery() AS recovery,
  CASE WHEN pg_is_in_recovery()
    THEN greatest((SELECT received_tli FROM pg_stat_wal_receiver), (SELECT min_recovery_end_timeline FROM pg_control_recovery()),
                  (SELECT timeline_id FROM pg_control_checkpoint()))
    ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END AS timeline,
  CASE WHEN pg_is_in_recovery()
    THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
    ELSE pg_current_wal_lsn() END::text AS position,
  EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') AS receiving,
  current_setting('primary_conninfo') AS conninfo,
  current_setting('synchronous_standby_names') AS synchronous,
  pg_last_xact_replay_timestamp() AS replayed_at`

const SENDERS = 'SELECT application_name, state, sync_state FROM pg_stat_replication'

/** Names of WAL files are timeline, log and segment, 8 hexadecimal digits each; a log is 4 GiB. */
const STARVES = `SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1 AND wal_status = 'lost')
  OR '0/0'::pg_lsn + $2::numeric < (SELECT min((substr(name, 9, 8) || '/0')::pg_lsn
    + ('x' || substr(name, 17, 8))::bit(32)::bigint * pg_size_bytes(current_setting('wal_segment_size')))
    FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$') AS starves`

/** The timeline that a primary writes, null while it is none. */
const PROMOTED = `SELECT CASE WHEN NOT pg_is_in_recovery()
  THEN ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END AS timeline`

/** How long an order to a server may take, in milliseconds; it is asked again after that. */
const ORDER_MS = 2_000
/** For how long an order whose connection ended is given again, and the pause before it is, in milliseconds. */
const AGAIN_MS = 5_000
const AGAIN_PAUSE_MS = 10
/** Pause between two looks at something that takes milliseconds. */
const LOOK_MS = 4
/** The same at a promotion, for which the whole stack waits. */
const CLOSE_LOOK_MS = 1

/** Asks one PostgreSQL server and tells it what to do. Every error is the session's: the server is gone, late, or refuses. */
export class DatabaseServer {
  private readonly session: Session

  constructor(endpoint: Endpoint) {
    this.session = new Session(endpoint, 'scalelab')
  }

  get id(): string {
    return this.session.endpoint.id
  }

  isAt({ host, port }: Pick<Endpoint, 'host' | 'port'>): boolean {
    return this.session.endpoint.host === host && this.session.endpoint.port === port
  }

  async state(timeoutMs = ORDER_MS): Promise<ServerState> {
    const row = await this.one<{
      recovery: boolean
      timeline: number
      position: string | null
      receiving: boolean
      conninfo: string
      synchronous: string
      replayed_at: Date | null
    }>(STATE, [], timeoutMs)
    return {
      id: this.id,
      recovery: row.recovery,
      timeline: row.timeline,
      position: parseLsn(row.position ?? '') ?? 0n,
      receiving: row.receiving,
      follows: row.recovery ? upstreamOf(row.conninfo) : null,
      synchronousStandbyNames: row.synchronous,
      lastReplayedAt: row.replayed_at?.toISOString() ?? null,
    }
  }

  /** The standbys that this server sends WAL to. */
  senders(): Promise<Sender[]> {
    return this.insist<Sender & Record<string, unknown>>(SENDERS, [])
  }

  /**
   * Makes the replication slots that are missing, so that servers can follow this one.
   * @param renew also those that were given up, whose WAL is gone: for servers that get a fresh copy, or the WAL elsewhere
   */
  async ensureSlots(names: readonly string[], renew: 'renew' | 'keep' = 'keep'): Promise<void> {
    if (renew === 'renew') {
      await this.insist(
        `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
         WHERE slot_name = ANY($1) AND wal_status = 'lost' AND NOT active`,
        [names],
      )
    }
    await this.insist(
      `SELECT pg_create_physical_replication_slot(name) FROM unnest($1::text[]) AS name
       WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = name)`,
      [names],
    )
  }

  /**
   * Whether this server no longer has the WAL that a standby needs next, so that only a fresh copy helps: its slot was
   * given up, or the WAL after its position is gone.
   * @param position null when it is not known: then the slot alone tells
   */
  async starves(slot: string, position: bigint | null): Promise<boolean> {
    const [row] = await this.insist<{ starves: boolean | null }>(STARVES, [slot, position?.toString() ?? null])
    return row?.starves === true
  }

  /**
   * Promotes a standby and returns its new timeline when it accepts writes. Looks for itself: pg_promote(wait => true)
   * sleeps in steps of 100 ms.
   * @throws Error when it is no primary after `timeoutMs`
   */
  async promote(timeoutMs: number, signal: AbortSignal): Promise<number> {
    // Told again where the connection ended, when it may be the primary already.
    await this.insist('SELECT CASE WHEN pg_is_in_recovery() THEN pg_promote(wait => false) END', [])
    let timeline: number | null = null
    await until(
      async () => {
        timeline = (await this.one<{ timeline: number | null }>(PROMOTED, [], ORDER_MS)).timeline
        return timeline !== null
      },
      `${this.id} was told to become the primary and did not`,
      timeoutMs,
      signal,
      CLOSE_LOOK_MS,
    )
    return timeline ?? 0
  }

  /** Points a standby at another server; it connects within milliseconds. Its credentials stay as they are. */
  async follow(upstream: { host: string; port: number }): Promise<void> {
    const [row] = await this.insist<{ conninfo: string }>("SELECT current_setting('primary_conninfo') AS conninfo", [])
    if (row === undefined) throw new Error(`${this.id} answered with no row`)
    await this.insist(followStatement(row.conninfo, upstream), [])
    await this.insist('SELECT pg_reload_conf()', [])
  }

  /** Returns when these standbys stream from this server. @throws Error naming those that do not in time */
  async untilStreaming(ids: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<void> {
    let missing: string[] = [...ids]
    await until(
      async () => {
        const senders = await this.session.query<Sender & Record<string, unknown>>(SENDERS, [], ORDER_MS)
        const streaming = senders.filter(({ state }) => state === 'streaming')
        missing = ids.filter((id) => !streaming.some(({ application_name }) => application_name === id))
        return missing.length === 0
      },
      () => `${missing.join(' and ')} did not begin to stream from ${this.id}`,
      timeoutMs,
      signal,
    )
  }

  /**
   * What the database holds of the writes whose ids begin so (a refusal is kept under its id, too, and is no write): every id, and how many orders and events were made under
   * those that made more than one.
   */
  async writesOf(prefix: string): Promise<{ ids: Set<string>; duplicated: string[] }> {
    const like = `${prefix.replaceAll(/[\\%_]/g, '\\$&')}%`
    const found = await this.insist<{ request_key: string }>(
      'SELECT request_key FROM requests WHERE request_key LIKE $1 AND status < 400',
      [like],
      READ_BACK_MS,
    )
    const twice = await this.insist<{ request_key: string }>(
      `SELECT request_key FROM (SELECT request_key FROM orders UNION ALL SELECT request_key FROM analytics) AS made
       WHERE request_key LIKE $1 GROUP BY request_key HAVING count(*) > 1`,
      [like],
      READ_BACK_MS,
    )
    return {
      ids: new Set(found.map(({ request_key }) => request_key)),
      duplicated: twice.map(({ request_key }) => request_key),
    }
  }

  /** Which of these writes are in the database. */
  async present(ids: readonly string[]): Promise<Set<string>> {
    const found = await this.insist<{ request_key: string }>(
      'SELECT request_key FROM requests WHERE request_key = ANY($1) AND status < 400',
      [ids],
      READ_BACK_MS,
    )
    return new Set(found.map(({ request_key }) => request_key))
  }

  close(): void {
    this.session.close()
  }

  /**
   * Says something that may be said twice. A connection that ends or stays silent (a promotion ends some) says nothing of
   * what was done: it is said again on a new one, for a while.
   */
  private async insist<Row extends Record<string, unknown>>(
    sql: string,
    values: unknown[],
    timeoutMs = ORDER_MS,
  ): Promise<Row[]> {
    const deadline = performance.now() + AGAIN_MS
    for (;;) {
      try {
        return await this.session.query<Row>(sql, values, timeoutMs)
      } catch (error) {
        const why = noAnswerOf(error)
        if ((why.kind !== 'silent' && !passes(why)) || performance.now() > deadline) throw error
        await sleep(AGAIN_PAUSE_MS)
      }
    }
  }

  private async one<Row extends Record<string, unknown>>(
    sql: string,
    values: unknown[],
    timeoutMs: number,
  ): Promise<Row> {
    const [row] = await this.session.query<Row>(sql, values, timeoutMs)
    if (row === undefined) throw new Error(`${this.id} answered with no row`)
    return row
  }
}

/** Reading a whole run's writes back may take its time. */
const READ_BACK_MS = 60_000

/** The statement that points a standby elsewhere; ALTER SYSTEM takes no parameters. */
export function followStatement(conninfo: string, { host, port }: { host: string; port: number }): string {
  const changed = conninfo.replace(/\bhost=\S+/, `host=${host}`).replace(/\bport=\S+/, `port=${port}`)
  return `ALTER SYSTEM SET primary_conninfo = '${changed.replaceAll("'", "''")}'`
}

/** "host:port" out of a connection string as boot.sh writes it; null when it names none. */
export function upstreamOf(conninfo: string): string | null {
  const host = /\bhost=(\S+)/.exec(conninfo)?.[1]
  const port = /\bport=(\d+)/.exec(conninfo)?.[1]
  return host === undefined || port === undefined ? null : `${host}:${port}`
}

/** Looks until it is so. @throws Error with `otherwise` when it is not in time, the abort reason when the signal fires */
export async function until(
  look: () => Promise<boolean>,
  otherwise: string | (() => string),
  timeoutMs: number,
  signal: AbortSignal,
  pauseMs = LOOK_MS,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  let reason = ''
  while (true) {
    signal.throwIfAborted()
    try {
      if (await look()) return
    } catch (error) {
      reason = ` (${error instanceof Error ? error.message : error})`
    }
    if (performance.now() > deadline) {
      throw new Error(
        `${typeof otherwise === 'string' ? otherwise : otherwise()} within ${timeoutMs / 1_000} s${reason}`,
      )
    }
    await sleep(pauseMs)
  }
}

import { DatabaseServers, type KnownServer } from './database-servers.js'
import type { ProbeContext } from './port.js'

/** A standby as the server that sends it WAL sees it (pg_stat_replication). */
export interface SurveyedSender {
  /** application_name: the id of the standby. */
  id: string
  state: string
  sync: string
  /** Bytes of WAL that this server has written and the standby not yet been sent, written, flushed, replayed. */
  sent: number | null
  write: number | null
  flush: number | null
  replay: number | null
  /** Null when there was nothing to time, which is what "idle" looks like. */
  write_lag_ms: number | null
  flush_lag_ms: number | null
  replay_lag_ms: number | null
  /** Since the standby's last word, in milliseconds. */
  silent_ms: number | null
}

/** What a server says of itself, all at one moment. */
export interface ServerFacts {
  id: string
  recovery: boolean
  timeline: number
  /** Up to which byte of the log it has WAL: written on a primary, received or replayed on a standby. */
  position: number
  senders: SurveyedSender[]
  /** Of its replication slots: name to wal_status. */
  slots: Record<string, string | null>
  /** Status of its walreceiver; null when none runs. */
  receiver: string | null
  /** Slot that it uses, or would use, at the server it follows; empty when none. */
  slot: string
}

/** All servers at one read. */
export interface Survey {
  /** Every server that is known; `facts` null where it gave no answer in time. */
  servers: { id: string; facts: ServerFacts | null }[]
  /** Null when it gave no answer, or none is known. */
  primary: ServerFacts | null
}

/**
 * pg_control_checkpoint() alone would lag behind on a standby, and pg_walfile_name() is refused in recovery. Whether a
 * server is in recovery is asked once, so that a promotion in between cannot make two stories of one answer.
 */
const FACTS = `SELECT json_build_object(
  'recovery', recovery,
  'timeline', CASE WHEN recovery
    THEN greatest((SELECT received_tli FROM pg_stat_wal_receiver), (SELECT timeline_id FROM pg_control_checkpoint()),
                  (SELECT min_recovery_end_timeline FROM pg_control_recovery()))
    ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
  'position', CASE WHEN recovery THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
    ELSE pg_current_wal_lsn() END - '0/0'::pg_lsn,
  'senders', CASE WHEN recovery THEN '[]' ELSE (
    SELECT coalesce(json_agg(json_build_object('id', application_name, 'state', state, 'sync', sync_state,
      'sent', pg_current_wal_lsn() - sent_lsn, 'write', pg_current_wal_lsn() - write_lsn,
      'flush', pg_current_wal_lsn() - flush_lsn, 'replay', pg_current_wal_lsn() - replay_lsn,
      'write_lag_ms', extract(epoch FROM write_lag) * 1000, 'flush_lag_ms', extract(epoch FROM flush_lag) * 1000,
      'replay_lag_ms', extract(epoch FROM replay_lag) * 1000,
      'silent_ms', extract(epoch FROM clock_timestamp() - reply_time) * 1000) ORDER BY backend_start), '[]')
    FROM pg_stat_replication) END,
  'slots', (SELECT coalesce(json_object_agg(slot_name, wal_status), '{}') FROM pg_replication_slots),
  'receiver', (SELECT status FROM pg_stat_wal_receiver),
  'slot', current_setting('primary_slot_name')) AS facts
FROM (SELECT pg_is_in_recovery() AS recovery OFFSET 0) AS role`

/** A server that is silent for this long is connected to anew, in milliseconds; a busy one is not. */
const GIVE_UP_MS = 1_000

/** Asks every server of a stack the same question at once. */
export class DatabaseSurvey {
  private readonly servers: DatabaseServers
  /** Servers whose last answer has not come yet: they are not asked again before. */
  private readonly waiting = new Set<string>()
  /** Highest timeline that a primary had: one with a lower number is a former primary that does not know it. */
  private timeline = 0

  /** @param now monotonic, in milliseconds */
  constructor(now: () => number) {
    this.servers = new DatabaseServers('scalelab probe', now)
  }

  /**
   * Never throws. A server that is dead, frozen or slow takes at most `withinMs` and has no facts.
   * @param withinMs for all of them together
   */
  async take(context: ProbeContext, withinMs: number): Promise<Survey> {
    const known = await this.servers.all(context)
    const servers = await Promise.all(
      known.map(async (server) => ({ id: server.endpoint.id, facts: await within(this.ask(server), withinMs) })),
    )
    const candidates = servers.flatMap(({ facts }) => (facts === null || facts.recovery ? [] : [facts]))
    this.timeline = Math.max(this.timeline, ...candidates.map(({ timeline }) => timeline))
    return { servers, primary: candidates.find(({ timeline }) => timeline === this.timeline) ?? null }
  }

  /**
   * The first byte of the log that a server still has; null when it did not say. For a standby that asks for WAL before
   * it there is no way but a new copy.
   */
  async oldestByte(context: ProbeContext, id: string, withinMs: number): Promise<number | null> {
    const server = (await this.servers.all(context)).find(({ endpoint }) => endpoint.id === id)
    if (server === undefined || this.waiting.has(id)) return null
    return within(this.query<number>(server, OLDEST), withinMs)
  }

  private async ask(server: KnownServer): Promise<ServerFacts | null> {
    const { id } = server.endpoint
    if (this.waiting.has(id)) return null
    const facts = await this.query<Omit<ServerFacts, 'id'>>(server, FACTS)
    return facts === null ? null : { id, ...facts }
  }

  private async query<Value>({ endpoint, session }: KnownServer, sql: string): Promise<Value | null> {
    this.waiting.add(endpoint.id)
    try {
      const [row] = await session.query<{ facts: Value }>(sql, [], GIVE_UP_MS)
      return row?.facts ?? null
    } catch {
      return null
    } finally {
      this.waiting.delete(endpoint.id)
    }
  }
}

/** Names of WAL files are timeline, log and segment, 8 hexadecimal digits each; a log is 4 GiB. */
const OLDEST = `SELECT to_json(min(('x' || substr(name, 9, 8))::bit(32)::bigint * 4294967296
    + ('x' || substr(name, 17, 8))::bit(32)::bigint * pg_size_bytes(current_setting('wal_segment_size')))) AS facts
  FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'`

/** What comes in time, else null. What has arrived while this process was busy counts as in time. */
function within<Value>(asking: Promise<Value | null>, ms: number): Promise<Value | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => setImmediate(() => resolve(null)), ms)
    void asking.then((value) => {
      clearTimeout(timer)
      resolve(value)
    })
  })
}

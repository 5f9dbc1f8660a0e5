import { DatabaseServers, type KnownServer } from './database-servers.js'
import { HeartbeatLog } from './heartbeat-log.js'
import type { Probe, ProbeContext, Reading } from './port.js'

/** A server that is silent for this long is connected to anew, in milliseconds. */
const GIVE_UP_MS = 1_000
/**
 * A standby that lacks a beat is read again after this part of its lag, within these bounds in milliseconds: so much too
 * low a reading can be.
 */
const AGAIN = { part: 1 / 32, least: 1, most: 8 }
/**
 * Without an acknowledged beat for so many intervals, and at least so long in milliseconds, the primary is dead or frozen:
 * a standby that shows every write shows nothing about its lag.
 */
const SILENCE = { intervals: 3, least: 500 }

const ROLE = `pg_is_in_recovery() AS recovery`
const READ = `SELECT recovery, sequence, CASE WHEN recovery
    THEN 0 ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END AS timeline
  FROM (SELECT ${ROLE} OFFSET 0) AS role LEFT JOIN heartbeat ON id = 1`

/**
 * Local: it waits for no standby, so that the beat goes on when they are all gone, and the flush to the primary's own disk
 * is what lets it be sent at once.
 */
const WRITE = `INSERT INTO heartbeat (id, sequence, written_ms, written_at)
  SELECT 1, $1::bigint, $2::double precision, clock_timestamp() FROM (SELECT set_config('synchronous_commit', 'local', true)) AS durability
  ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, written_ms = excluded.written_ms, written_at = excluded.written_at
  RETURNING ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int AS timeline`

interface Watched {
  known: KnownServer
  /** Null: unknown, or it gave no answer. */
  recovery: boolean | null
  timeline: number
  /** Largest lag since the last reading; null when it was not read since. */
  worst: number | null
}

/**
 * Ground truth of replication lag, on the probe's own clock: a row written on the primary every interval and read on each
 * standby, `replication.heartbeat_ms`. A reading is the largest lag that a read has shown since the one before
 * (HeartbeatLog.lag): never more than the truth, and less by at most 8 ms or a 32nd of it. 0: every read showed every
 * write. Standbys that do not answer, and beats that the primary does not acknowledge, give no reading; a
 * lag that is there already is read on, as the standby still lacks a row that clients were told is written.
 * @param now monotonic, in milliseconds since 1970: beats of a later run must have higher numbers
 */
export function heartbeatProbe(now: () => number, intervalMs = 100): Probe {
  let heart: Heart | null = null
  return {
    name: 'heartbeat',
    intervalMs,
    async read(context) {
      heart ??= new Heart(now, intervalMs, context)
      return heart.readings()
    },
  }
}

/** Beats until the run ends, beside the schedule of readings; each server has a loop of its own, so none delays another. */
class Heart {
  private readonly log = new HeartbeatLog()
  private readonly servers: DatabaseServers
  private readonly watched = new Map<string, Watched>()
  /** What ends the rest of a server's loop: at every beat, or only at the end of the run. */
  private readonly resting = new Map<() => void, 'beat' | 'end'>()
  /** Highest timeline of a server that was no standby: the primary's. */
  private timeline = 0

  constructor(
    private readonly now: () => number,
    private readonly intervalMs: number,
    private readonly context: ProbeContext,
  ) {
    this.servers = new DatabaseServers('scalelab heartbeat', now)
    context.signal.addEventListener('abort', () => this.wake('end'))
  }

  async readings(): Promise<Reading[]> {
    for (const known of await this.servers.all(this.context)) this.watch(known)
    const patience = Math.max(SILENCE.least, SILENCE.intervals * this.intervalMs)
    const beating = this.now() - (this.log.last?.at ?? Number.NEGATIVE_INFINITY) < patience
    const readings: Reading[] = []
    for (const [id, server] of this.watched) {
      const { worst, recovery } = server
      server.worst = null
      if (recovery !== true || worst === null || (worst === 0 && !beating)) continue
      readings.push({ kind: 'replication.heartbeat_ms', node: id, value: worst, unit: 'ms' })
    }
    return readings
  }

  private watch(known: KnownServer): void {
    const { id } = known.endpoint
    if (this.watched.get(id)?.known === known) return
    const server = { known, recovery: null, timeline: 0, worst: null }
    this.watched.set(id, server)
    void this.loop(id, server)
  }

  private async loop(id: string, server: Watched): Promise<void> {
    while (!this.context.signal.aborted && this.watched.get(id) === server) {
      const begun = this.now()
      const again = await (this.isPrimary(server) ? this.beat(server) : this.look(server)).catch(() => {
        server.recovery = null
        return this.intervalMs
      })
      await this.rest(again - (this.now() - begun), server.recovery === true ? 'beat' : 'end')
    }
  }

  private isPrimary({ recovery, timeline }: Watched): boolean {
    return recovery === false && timeline === this.timeline
  }

  /** Writes on the primary. @returns when to write again */
  private async beat(server: Watched): Promise<number> {
    const sequence = Math.max(Math.floor(this.now()), (this.log.last?.sequence ?? 0) + 1)
    const { session } = server.known
    const [row] = await session.query<{ timeline: number }>(WRITE, [sequence, this.now()], GIVE_UP_MS)
    const at = this.now()
    this.learn(server, false, row?.timeline ?? 0)
    if (!this.isPrimary(server)) return this.intervalMs
    this.log.acknowledged(sequence, at)
    // The standbys are read now, while it is still on its way to them.
    this.wake('beat')
    return this.intervalMs
  }

  /** Reads on a standby. @returns when to read again, unless a beat comes before */
  private async look(server: Watched): Promise<number> {
    const sentAt = this.now()
    const [row] = await server.known.session.query<{ recovery: boolean; timeline: number; sequence: string | null }>(
      READ,
      [],
      GIVE_UP_MS,
    )
    if (row === undefined) return this.intervalMs
    this.learn(server, row.recovery, row.timeline)
    if (!row.recovery) return this.isPrimary(server) ? 0 : this.intervalMs
    const lag = this.log.lag(Number(row.sequence ?? 0), sentAt)
    server.worst = Math.max(server.worst ?? 0, lag)
    // The next beat wakes it; without one a promotion must be seen.
    if (lag === 0) return (this.log.last?.at ?? 0) > sentAt ? 0 : 1.5 * this.intervalMs
    return Math.min(AGAIN.most, Math.max(AGAIN.least, lag * AGAIN.part)) + (this.now() - sentAt)
  }

  private learn(server: Watched, recovery: boolean, timeline: number): void {
    server.recovery = recovery
    server.timeline = timeline
    if (!recovery) this.timeline = Math.max(this.timeline, timeline)
  }

  private async rest(ms: number, until: 'beat' | 'end'): Promise<void> {
    if (this.context.signal.aborted) return
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        this.resting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.max(0, ms))
      this.resting.set(wake, until)
    })
  }

  private wake(why: 'beat' | 'end'): void {
    for (const [wake, until] of [...this.resting]) if (why === 'end' || until === why) wake()
  }
}

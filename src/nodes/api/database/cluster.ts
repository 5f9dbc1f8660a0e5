import type { DatabasesFile } from '../../../core/databases-file.js'
import { PolledServer } from './database-server.js'

/** Between polls, in milliseconds: while all is well, while there is no primary, and when there was none for long. */
const CALM = 100
const URGENT = 10
const RESIGNED = 50
const URGENT_FOR = 30_000

/** A server as `/health` shows it. */
export interface DatabaseHealth {
  id: string
  state: 'primary' | 'standby' | 'down'
  timeline: number | null
  /** Bytes of log that the primary has written and this server has not replayed; null: not known. */
  lag_bytes: number | null
}

/**
 * Who is the primary, and who may be read, as seen by polling every server.
 *
 * The primary is the server that is not in recovery, with the highest timeline ever seen: each promotion begins a new
 * one, so a primary that was frozen and replaced is not taken for one when it wakes up, and its connections are closed.
 * A promotion that was seen to happen is believed at once. A server that comes (back) with the timeline we know is
 * believed when every other server that answers has said, asked after it, that it is no primary of a higher one.
 */
export class PolledCluster {
  readonly servers: readonly PolledServer[]
  /** The server to write to; undefined while there is none, or none that we are sure of. */
  primary: PolledServer | undefined
  /** Servers in recovery that answer. */
  standbys: readonly PolledServer[] = []
  #highestTimeline = 0
  #candidate: { server: PolledServer; timeline: number; since: number } | undefined
  #waiting: { wake: () => void; deadline: number }[] = []
  #timer: NodeJS.Timeout | undefined
  #lastTick = performance.now()
  #lostAt = performance.now()
  #next = 0
  #stopped = false

  /** @param application what sessions are called in pg_stat_activity */
  constructor(file: Pick<DatabasesFile, 'database' | 'user' | 'password' | 'pool' | 'nodes'>, application: string) {
    const { database, user, password, pool } = file
    this.servers = file.nodes.map(({ id, address }) => {
      const colon = address.lastIndexOf(':')
      const host = address.slice(0, colon)
      const login = { host, port: Number(address.slice(colon + 1)), database, user, password, application }
      return new PolledServer(id, login, pool, (server) => this.#seen(server))
    })
  }

  /** Starts to poll. */
  start(): void {
    this.#lastTick = performance.now()
    this.#tick()
  }

  /** Ends it, and every connection, for good. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.primary = undefined
    for (const server of this.servers) server.stop()
    this.#wakeAll()
  }

  /** Asks every server now: somebody says that another one is the primary. What they answer decides, as always. */
  look(): void {
    for (const server of this.servers) server.pollAnew()
  }

  /** The standbys in turn: round robin over those that are healthy. */
  nextStandby(): PolledServer | undefined {
    this.#next = (this.#next + 1) % Math.max(1, this.standbys.length)
    return this.standbys[this.#next]
  }

  /** Returns when the primary or the standbys have changed, or when the deadline (on performance.now()) has passed. */
  changed(deadline: number): Promise<void> {
    return new Promise((wake) => this.#waiting.push({ wake, deadline }))
  }

  view(): DatabaseHealth[] {
    const written = this.primary?.report?.lsn
    return this.servers.map((server) => {
      const { id, report } = server
      const isPrimary = server === this.primary
      const isStandby = this.standbys.includes(server)
      const replayed = report?.lsn
      return {
        id,
        state: isPrimary ? 'primary' : isStandby ? 'standby' : 'down',
        timeline: report?.timeline ?? null,
        lag_bytes:
          (isPrimary || isStandby) && written !== undefined && replayed !== undefined
            ? Math.max(0, written - replayed)
            : null,
      }
    })
  }

  #tick(): void {
    const now = performance.now()
    const interval = this.#interval(now)
    // A tick that comes late says that this process was held up: answers may be there and not read yet.
    const passed = Math.min(now - this.#lastTick, interval * 1.5)
    this.#lastTick = now
    for (const server of this.servers) {
      server.tick(passed)
      server.poll()
    }
    const expired = this.#waiting.filter(({ deadline }) => deadline <= now)
    if (expired.length > 0) {
      this.#waiting = this.#waiting.filter(({ deadline }) => deadline > now)
      for (const { wake } of expired) wake()
    }
    this.#schedule(now)
  }

  #schedule(now: number): void {
    clearTimeout(this.#timer)
    if (this.#stopped) return
    this.#timer = setTimeout(() => this.#tick(), this.#interval(now))
  }

  #interval(now: number): number {
    if (this.primary !== undefined) return CALM
    return now - this.#lostAt < URGENT_FOR ? URGENT : RESIGNED
  }

  /** A server has answered, or its state has changed. */
  #seen(server: PolledServer): void {
    if (this.#stopped) return
    const { report, state } = server
    const { primary } = this
    if (state === 'up' && report?.recovering === false) this.#seePrimary(server, report.timeline ?? 0)
    else if (server === primary) this.#lose()
    if (server === this.#candidate?.server && (state !== 'up' || report?.recovering)) this.#candidate = undefined
    this.#confirm()

    const standbys = this.servers.filter((one) => one.state === 'up' && one.report?.recovering)
    const same = standbys.length === this.standbys.length && standbys.every((one, i) => one === this.standbys[i])
    if (!same) this.standbys = standbys
    if (!same || primary !== this.primary) this.#wakeAll()
  }

  #seePrimary(server: PolledServer, timeline: number): void {
    if (timeline < this.#highestTimeline) {
      if (server === this.primary) this.#lose()
      server.connections.closeAll(`${server.id} is a primary no longer`)
    } else if (timeline > this.#highestTimeline && this.#highestTimeline > 0) {
      this.#highestTimeline = timeline
      this.#take(server)
    } else if (this.primary === undefined && timeline > (this.#candidate?.timeline ?? 0)) {
      this.#candidate = { server, timeline, since: performance.now() }
      for (const other of this.servers) if (other !== server) other.pollAnew()
    }
  }

  /** Believes the candidate when all the others were heard. */
  #confirm(): void {
    if (this.#candidate === undefined) return
    const { server, timeline, since } = this.#candidate
    const heard = this.servers.every(
      (other) => other === server || other.state === 'down' || (other.state === 'up' && other.answeredSince >= since),
    )
    if (!heard) return
    this.#highestTimeline = timeline
    this.#take(server)
  }

  #take(server: PolledServer): void {
    this.#candidate = undefined
    if (server === this.primary) return
    this.primary = server
    // What is in flight at the one before belongs to the past, even if it is only frozen.
    for (const other of this.servers) {
      const follows = other.state === 'up' && other.report?.recovering
      if (other !== server && !follows) other.connections.closeAll(`${server.id} is the primary now`)
    }
    this.#schedule(performance.now())
  }

  #lose(): void {
    this.primary = undefined
    this.#lostAt = performance.now()
    this.#schedule(this.#lostAt)
  }

  #wakeAll(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { wake } of waiting) wake()
  }
}

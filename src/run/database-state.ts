import type { StandbyRecord } from '../core/replication.js'
import type { DatabaseRow } from '../core/snapshot.js'
import type { Reading } from '../probes/port.js'
import { lagOf } from '../stats/lag.js'
import { LagSeries } from './lag-series.js'

/** So many reads without an answer make a server down; a single one may have been a busy moment. */
const MISSES = 2
/** Heartbeat lags kept for the views, one of each tick. */
const HISTORY = 60

const SYNC = ['async', 'potential', 'sync', 'quorum'] as const
const COUNTED = ['heartbeat_ms', 'write_lag_ms', 'flush_lag_ms', 'replay_lag_ms', 'replay_bytes'] as const

/** What is known about one database server: readings go in, rows for views and for the record come out. */
export class DatabaseState {
  /** Answers to the load's requests in the counted part; of the warm-up while it lasts. */
  requests = 0
  timeline: number | null = null
  readonly series = new LagSeries()
  private misses = 0
  private isPrimary: boolean | null = null
  private connection: number | null = null
  private sync: number | null = null
  private slotLost = false
  private heartbeat: number | null = null
  /** The largest since the last tick. */
  private tickHeartbeat: number | null = null
  private replayLag: number | null = null
  private replayBytes: number | null = null
  private readonly history: (number | null)[] = []
  private readonly counted = new Map<string, number[]>()
  private idle = 0
  private counting = true

  constructor(readonly id: string) {}

  get state(): DatabaseRow['state'] {
    if (this.isPrimary === null || this.misses >= MISSES) return 'down'
    return this.isPrimary ? 'primary' : 'standby'
  }

  /**
   * What one probe read of this server at one moment.
   * @param tMs on the run clock
   */
  add(readings: readonly Reading[], tMs: number): void {
    const of = (name: string): number | null =>
      readings.find(({ kind }) => kind === `replication.${name}`)?.value ?? null
    const up = of('up')
    if (up !== null) this.survey(up === 1, of)
    const heartbeat = of('heartbeat_ms')
    if (heartbeat !== null) {
      this.heartbeat = heartbeat
      this.tickHeartbeat = Math.max(this.tickHeartbeat ?? 0, heartbeat)
      this.series.add('heartbeat_ms', heartbeat, tMs)
    }
    // What the primary said last holds until it says something else: without it a chart would show it idle in between.
    if (this.replayLag !== null) this.series.add('replay_lag_ms', this.replayLag, tMs)
    if (this.replayBytes !== null) this.series.add('replay_bytes', this.replayBytes, tMs)
    if (of('idle') === 1 && this.counting) this.idle += 1
    if (!this.counting) return
    for (const signal of COUNTED) {
      const value = of(signal)
      if (value === null) continue
      const values = this.counted.get(signal) ?? []
      this.counted.set(signal, values)
      values.push(value)
    }
  }

  /** The counted part begins. */
  startCounting(): void {
    this.requests = 0
    this.idle = 0
    this.counted.clear()
  }

  /** The counted part is over. */
  stopCounting(): void {
    this.counting = false
  }

  /** A tick is over: its lag goes to the history. */
  tick(): void {
    if (this.tickHeartbeat === null) this.heartbeat = null
    this.history.push(this.tickHeartbeat)
    if (this.history.length > HISTORY) this.history.shift()
    this.tickHeartbeat = null
  }

  row(): DatabaseRow {
    const { id, state, requests } = this
    const standby = state === 'standby'
    return {
      id,
      state,
      replication: standby ? this.replication() : '',
      timeline: state === 'down' ? null : this.timeline,
      heartbeat_ms: standby ? this.heartbeat : null,
      replay_lag_ms: standby ? this.replayLag : null,
      replay_bytes: standby ? this.replayBytes : null,
      history: [...this.history],
      requests,
    }
  }

  /** As a standby of the run: its state at the end, its lags over the counted part. */
  record(): StandbyRecord {
    const lag = (signal: (typeof COUNTED)[number]): number[] => this.counted.get(signal) ?? []
    return {
      id: this.id,
      state: this.state === 'down' ? 'down' : this.connectionText(),
      sync_state: this.syncText(),
      heartbeat_ms: lagOf(lag('heartbeat_ms')),
      write_lag_ms: lagOf(lag('write_lag_ms'), this.idle),
      flush_lag_ms: lagOf(lag('flush_lag_ms'), this.idle),
      replay_lag_ms: lagOf(lag('replay_lag_ms'), this.idle),
      replay_bytes: lagOf(lag('replay_bytes')),
    }
  }

  private survey(up: boolean, of: (name: string) => number | null): void {
    this.misses = up ? 0 : this.misses + 1
    const role = of('role')
    if (role !== null) this.isPrimary = role === 1
    this.timeline = of('timeline') ?? this.timeline
    this.sync = of('sync') ?? this.sync
    // The primary knows how far behind a standby is that does not answer itself; without a primary nobody does.
    this.replayBytes = of('replay_bytes')
    this.connection = of('state')
    this.replayLag = of('replay_lag_ms')
    const lost = of('slot_lost')
    if (lost !== null) this.slotLost = lost === 1
  }

  private replication(): string {
    const text = this.connectionText()
    return text === 'streaming' || text === 'catchup' ? `${text}, ${this.syncText()}` : text
  }

  private connectionText(): string {
    if (this.slotLost) return 'slot lost'
    if (this.connection === null) return 'unknown'
    return this.connection === 1 ? 'streaming' : this.connection > 0 ? 'catchup' : 'disconnected'
  }

  private syncText(): string {
    return this.sync === null ? 'unknown' : (SYNC[this.sync] ?? 'unknown')
  }
}

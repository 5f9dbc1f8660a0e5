import type { Ledger } from './load.js'
import type { Percentiles, RunEvent, TickRow } from './record.js'
import type { ReshardProgress } from './sharding.js'

export type Phase = 'starting' | 'warm-up' | 'measuring' | 'draining' | 'done'

export type Health = 'ok' | 'overloaded' | 'down' | 'unknown'

export interface InstanceRow {
  id: string
  requests: number
  /** Of all answers in the counted part, 0 to 1. */
  share: number
  /** In the last tick. */
  rps: number
  p50_ms: number | null
  p99_ms: number | null
  errors: number
  health: Health
  cpu_percent: number | null
  memory_mib: number | null
}

/** A database server as a view shows it. */
export interface DatabaseRow {
  id: string
  state: 'primary' | 'standby' | 'down'
  /** "streaming, async"; empty for the primary. */
  replication: string
  timeline: number | null
  heartbeat_ms: number | null
  /** Null: idle. */
  replay_lag_ms: number | null
  replay_bytes: number | null
  /** The last heartbeat lags, oldest first, at most 60; null where nothing could be read. */
  history: (number | null)[]
  requests: number
}

/** A shard as a view shows it. */
export interface ShardRow {
  id: string
  /** 'unknown' until it was asked for the first time. */
  state: 'up' | 'down' | 'unknown'
  /** Slots that it serves, users and bytes that it holds; null where it was never asked. */
  slots: number | null
  keys: number | null
  bytes: number | null
  /** Of the answers that one shard alone gave in the counted part, 0 to 1. */
  share: number
  requests: number
  /** In the last tick. */
  rps: number
  p50_ms: number | null
  p99_ms: number | null
  /** It answers more than its weight among the shards would give it by half. */
  hot: boolean
}

/** A doubt about the run while it runs: a validity check that fails so far. */
export interface LiveDoubt {
  check: string
  text: string
}

/** All that a view shows, as one value: views keep no state of the run of their own. */
export interface Snapshot {
  scenario: string
  engine: string | null
  question: string
  target: string
  phase: Phase
  /** On the run clock. */
  t_ms: number
  /** Warm-up and counted part together. */
  total_ms: number
  mode: 'open' | 'closed'
  connections: number
  offered_rps: number | null
  achieved_rps: number
  /** The last ticks, oldest first, at most 600. */
  history: TickRow[]
  /** Of the counted part so far; of the warm-up while it lasts. */
  response_ms: Percentiles
  service_ms: Percentiles
  ledger: Ledger
  instances: InstanceRow[]
  /** Database servers, the primary first; null where the stack has none. */
  databases: DatabaseRow[] | null
  /** By id; null where the stack has none. */
  shards: ShardRow[] | null
  /** How far a migration is; null where there is none. */
  migration: ReshardProgress | null
  events: RunEvent[]
  doubts: LiveDoubt[]
}

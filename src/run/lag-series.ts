import type { ReplicationRecord } from '../core/replication.js'

type Point = Omit<ReplicationRecord['series'][number], 'id'>
type Signal = 'heartbeat_ms' | 'replay_lag_ms' | 'replay_bytes'

/** First width of a point, in milliseconds: no chart shows more. */
const FINEST_MS = 100

/**
 * The lag of one standby over a run of any length, in at most `most` points: the largest value of each stretch of time.
 * When there are too many points, the stretches double.
 */
export class LagSeries {
  private points = new Map<number, Point>()
  private widthMs = FINEST_MS

  constructor(private readonly most = 600) {}

  /** @param tMs on the run clock */
  add(signal: Signal, value: number, tMs: number): void {
    const slot = Math.floor(tMs / this.widthMs)
    const point = this.points.get(slot) ?? empty()
    this.points.set(slot, { ...point, t_ms: tMs, [signal]: Math.max(point[signal] ?? 0, value) })
    while (this.points.size > this.most) this.halve()
  }

  /** In the order of time; `t_ms` is that of the last value in it. */
  rows(): Point[] {
    return [...this.points].sort(([a], [b]) => a - b).map(([, point]) => point)
  }

  private halve(): void {
    this.widthMs *= 2
    const before = this.rows()
    this.points = new Map()
    for (const point of before) {
      const slot = Math.floor(point.t_ms / this.widthMs)
      this.points.set(slot, merged(this.points.get(slot) ?? empty(), point))
    }
  }
}

function empty(): Point {
  return { t_ms: 0, heartbeat_ms: null, replay_lag_ms: null, replay_bytes: null }
}

function merged(a: Point, b: Point): Point {
  return {
    t_ms: Math.max(a.t_ms, b.t_ms),
    heartbeat_ms: larger(a.heartbeat_ms, b.heartbeat_ms),
    replay_lag_ms: larger(a.replay_lag_ms, b.replay_lag_ms),
    replay_bytes: larger(a.replay_bytes, b.replay_bytes),
  }
}

function larger(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b)
}

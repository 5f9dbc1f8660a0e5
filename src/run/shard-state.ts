import type { RequestKind } from '../core/load.js'
import type { ShardRow } from '../core/snapshot.js'
import type { EncodedHistogram } from '../load/port.js'
import type { Reading } from '../probes/port.js'
import { Histogram } from '../stats/histogram.js'

/** What is known about one shard: answers and readings go in, a row for views comes out. */
export class RunShardState {
  /** Answers of the counted part; of the warm-up while it lasts. */
  kinds: Partial<Record<RequestKind, number>> = {}
  readonly response = new Histogram()
  slots: number | null = null
  keys: number | null = null
  rows: number | null = null
  bytes: number | null = null
  mapVersion: number | null = null
  /** It was there, and is no more: a migration emptied it. */
  gone = false
  private up: boolean | null = null
  private rps = 0

  constructor(readonly id: string) {}

  /** Whether a probe has told of it: an answer may name anything. */
  get known(): boolean {
    return this.up !== null
  }

  get requests(): number {
    return Object.values(this.kinds).reduce((sum, count) => sum + count, 0)
  }

  /** What one probe read of this shard at one moment; what it did not read is as it was. */
  add(readings: readonly Reading[]): void {
    const of = (name: string): number | null => readings.find(({ kind }) => kind === `shard.${name}`)?.value ?? null
    const up = of('up')
    if (up !== null) this.up = up === 1
    this.gone = false
    this.slots = of('slots') ?? this.slots
    this.keys = of('keys') ?? this.keys
    this.rows = of('rows') ?? this.rows
    this.bytes = of('bytes') ?? this.bytes
    this.mapVersion = of('map_version') ?? this.mapVersion
  }

  /** Answers of a tick. @param seconds its length */
  addTick(kinds: Partial<Record<RequestKind, number>>, latency: EncodedHistogram | undefined, seconds: number): void {
    let answers = 0
    for (const [kind, count] of Object.entries(kinds) as [RequestKind, number][]) {
      this.kinds[kind] = (this.kinds[kind] ?? 0) + count
      answers += count
    }
    this.rps = answers / seconds
    if (latency !== undefined) this.response.merge(Histogram.decode(latency))
  }

  /** The counted part begins. */
  startCounting(): void {
    this.kinds = {}
    this.response.reset()
  }

  /** @param share of the answers of all shards @param hot whether that is far above its fair one */
  row(share: number, hot: boolean): ShardRow {
    const { id, slots, keys, bytes, requests, rps } = this
    const { p50, p99 } = this.response.percentiles()
    const state = this.up === null ? 'unknown' : this.up ? 'up' : 'down'
    return { id, state, slots, keys, bytes, share, requests, rps, p50_ms: p50, p99_ms: p99, hot }
  }
}

import { stackParametersOf } from '../core/record-parameters.js'
import type { ShardRow } from '../core/snapshot.js'
import type { Journal } from '../load/port.js'
import type { Reading } from '../probes/port.js'
import { RunShardState } from './shard-state.js'

/** A shard that answers so many times its fair share is hot, once there are answers enough to tell. */
const HOT = { times: 1.5, answers: 100 }

/** The shards of a run, as far as probes and answers have told of them. */
export class ShardStates {
  private readonly shards = new Map<string, RunShardState>()
  private readonly weights: readonly number[]
  private counting = true
  /** Listings of the counted part; of the warm-up while it lasts. */
  gathered = 0

  /** @param parameters what the stack was made from */
  constructor(parameters: Record<string, unknown>) {
    this.weights = stackParametersOf({ parameters })?.sharding?.weights ?? []
  }

  addReadings(readings: readonly Reading[]): void {
    const ofShards = new Map<string, Reading[]>()
    for (const reading of readings) {
      if (reading.node === undefined || !reading.kind.startsWith('shard.')) continue
      ofShards.set(reading.node, [...(ofShards.get(reading.node) ?? []), reading])
    }
    // The probe tells of all shards that there are.
    if (ofShards.size > 0) for (const shard of this.shards.values()) shard.gone = true
    for (const [id, own] of ofShards) this.of(id).add(own)
  }

  /** @param seconds length of the tick */
  addTick(journal: Journal | null, seconds: number): void {
    if (!this.counting || journal === null) return
    this.gathered += journal.gathered
    for (const id of Object.keys(journal.nodes)) this.of(id)
    for (const shard of this.shards.values()) {
      shard.addTick(journal.nodes[shard.id] ?? {}, journal.latency[shard.id], seconds)
    }
  }

  startCounting(): void {
    this.gathered = 0
    for (const shard of this.shards.values()) shard.startCounting()
  }

  stopCounting(): void {
    this.counting = false
  }

  /** By id; null where there are no shards. */
  rows(): ShardRow[] | null {
    const shards = this.present()
    if (shards.length === 0) return null
    const answers = shards.reduce((sum, { requests }) => sum + requests, 0)
    const weights = shards.reduce((sum, shard) => sum + this.weightOf(shard), 0)
    return shards.map((shard) => {
      const share = answers === 0 ? 0 : shard.requests / answers
      const fair = weights === 0 ? 0 : this.weightOf(shard) / weights
      return shard.row(share, answers >= HOT.answers && share > HOT.times * fair && fair > 0 && fair < 1)
    })
  }

  /** Those that a probe has told of, by id; also those that have left since. */
  known(): RunShardState[] {
    return [...this.shards.values()]
      .filter(({ known }) => known)
      .sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }))
  }

  /** Those that are there. */
  private present(): RunShardState[] {
    return this.known().filter(({ gone }) => !gone)
  }

  /** One that is named by an answer or by the audit, whether a probe told of it or not. */
  find(id: string): RunShardState | undefined {
    return this.shards.get(id)
  }

  /** One without slots is not meant to answer anything. */
  private weightOf({ id, slots }: RunShardState): number {
    const number = Number(/\d+$/.exec(id)?.[0] ?? 0)
    return slots === 0 ? 0 : (this.weights[number - 1] ?? 1)
  }

  private of(id: string): RunShardState {
    const shard = this.shards.get(id) ?? new RunShardState(id)
    this.shards.set(id, shard)
    return shard
  }
}

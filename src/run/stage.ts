import type { RunEvent } from '../core/record.js'
import type { ReshardProgress } from '../core/sharding.js'

/** What a run offers to what acts beside its load. */
export interface Stage {
  /** Milliseconds on the run clock. */
  clock: () => number
  /** When the counted part begins. */
  startMs: number
  signal: AbortSignal
  onEvent: (level: RunEvent['level'], text: string) => void
  /** How far a migration is, for the views; null once there is nothing more to show. */
  onProgress: (progress: ReshardProgress | null) => void
  /** Leaves this in peace: what merges ticks, draws, or asks the engine waits until it has ended, a few seconds at most. */
  undisturbed: <T>(what: Promise<T>) => Promise<T>
}

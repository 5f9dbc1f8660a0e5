import type { ReshardProgress } from '../core/sharding.js'

/** The rate is that of the last so many milliseconds. */
const WINDOW_MS = 5_000

/** Before anything is known. */
export const NOT_BEGUN: ReshardProgress = {
  phase: 'copying',
  from: null,
  to: null,
  moved_rows: 0,
  total_rows: 0,
  rows_per_s: 0,
  left_ms: null,
  batches: 0,
  total_batches: 0,
  longest_held_ms: null,
  waiting_for: null,
}

/** How far a migration is. */
export class Progress {
  private current: ReshardProgress = NOT_BEGUN
  /** Rows of batches that are done; those of the one under way come on top. */
  private done = 0
  private readonly samples: { at: number; rows: number }[] = []
  /** All rows that were ever copied, what was taken back included: what the rate is of. */
  private copied = 0

  constructor(
    private readonly clock: () => number,
    private readonly onProgress: (progress: ReshardProgress) => void,
  ) {}

  /** What is left to do, as counted now. @param planned rows of the whole migration, what was moved before included */
  remaining(rows: number, batches: number, planned: number): void {
    this.done = Math.max(this.done, planned - rows)
    this.show({
      moved_rows: this.done,
      total_rows: this.done + rows,
      total_batches: this.current.batches + batches,
    })
  }

  show(change: Partial<ReshardProgress>): void {
    this.current = { ...this.current, ...change, ...this.rate() }
    this.onProgress(this.current)
  }

  copiedRows(rows: number): void {
    this.copied += rows
    this.samples.push({ at: this.clock(), rows: this.copied })
    const moved = this.current.moved_rows + rows
    // Clients add rows to those that were counted.
    this.show({ moved_rows: moved, total_rows: Math.max(moved, this.current.total_rows) })
  }

  batchDone(rows: number, heldMs: number): void {
    this.done += rows
    this.show({
      moved_rows: this.done,
      total_rows: Math.max(this.done, this.current.total_rows),
      batches: this.current.batches + 1,
      longest_held_ms: Math.max(heldMs, this.current.longest_held_ms ?? 0),
    })
  }

  /** The copies of the batch under way count no longer. */
  takenBack(): void {
    // Nothing to show before anything was counted.
    if (this.current.total_rows === 0) return
    this.show({ moved_rows: this.done })
  }

  private rate(): Pick<ReshardProgress, 'rows_per_s' | 'left_ms'> {
    const now = this.clock()
    while (this.samples.length > 2 && (this.samples[0]?.at ?? now) < now - WINDOW_MS) this.samples.shift()
    const first = this.samples[0]
    if (first === undefined || now <= first.at) return { rows_per_s: 0, left_ms: null }
    const rows_per_s = ((this.copied - first.rows) / (now - first.at)) * 1_000
    const left = Math.max(0, this.current.total_rows - this.current.moved_rows)
    return { rows_per_s, left_ms: rows_per_s > 0 ? (left / rows_per_s) * 1_000 : null }
  }
}

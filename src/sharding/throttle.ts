import { setTimeout as sleep } from 'node:timers/promises'

/** What a pause for other work may be made up for, in milliseconds: more would let a stall end in a burst. */
const CREDIT_MS = 1_000
/** Chunks are so small that the load is even: this long at the rate, in seconds. */
const CHUNK_S = 0.2

/** Keeps copying at or below so many rows a second. */
export class Throttle {
  private due: number

  constructor(
    private readonly rowsPerSecond: number | null,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.due = now()
  }

  /** How many rows to copy at once. */
  chunk(rows: number): number {
    return this.rowsPerSecond === null ? rows : Math.max(1, Math.min(rows, Math.round(this.rowsPerSecond * CHUNK_S)))
  }

  /** Returns when so many rows more may be followed by others. @throws the abort reason */
  async copied(rows: number, signal: AbortSignal): Promise<void> {
    if (this.rowsPerSecond === null || rows === 0) return
    this.due = Math.max(this.due, this.now() - CREDIT_MS) + (rows / this.rowsPerSecond) * 1_000
    const wait = this.due - this.now()
    if (wait > 0) await sleep(wait, undefined, { signal })
  }
}

import type { PolledCluster } from './cluster.js'
import type { Statement, Value } from './connection.js'
import { attemptWrite, type Done } from './write-attempt.js'

/** Between two attempts at one server that fails again, in milliseconds. */
const STEP = 4
const LONGEST_STEP = 50

/** What became of a write; refused: it did not happen, and will not; unknown: its commit was sent, and no answer came. */
export type WriteResult = Done | { kind: 'refused' | 'unknown'; reason: string }

/**
 * Makes writes on the primary, and on the next primary when that one goes. A write is sent again only when that is
 * safe: it surely did not happen, or it has an idempotency key.
 */
export class Writer {
  readonly #cluster: PolledCluster
  readonly #patienceMs: number

  /** @param patienceMs how long a write is tried in all */
  constructor(cluster: PolledCluster, patienceMs: number) {
    this.#cluster = cluster
    this.#patienceMs = patienceMs
  }

  /**
   * @param statement of writes.ts: takes the key and the latest moment to begin before the values
   * @param key idempotency key, or null: then an attempt of unknown outcome is not repeated
   */
  async write(statement: Statement, values: Value[], key: string | null): Promise<WriteResult> {
    const deadline = performance.now() + this.#patienceMs
    let maybeDone = false
    let reason = 'no primary is known'
    for (let attempts = 1; ; attempts++) {
      while (this.#cluster.primary === undefined && performance.now() < deadline) await this.#cluster.changed(deadline)
      const primary = this.#cluster.primary
      if (primary === undefined) break
      const attempt = await attemptWrite(primary, { statement, values, key }, deadline)
      if (attempt.kind === 'done') return attempt
      maybeDone ||= attempt.kind === 'unknown'
      reason = attempt.reason
      if (!attempt.again || (maybeDone && key === null) || performance.now() >= deadline) break
      if (primary === this.#cluster.primary) await pause(Math.min(LONGEST_STEP, STEP * attempts))
    }
    return { kind: maybeDone ? 'unknown' : 'refused', reason }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

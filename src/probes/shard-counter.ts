import { type Endpoint, Session } from '../replication/session.js'
import { MOVED_TABLES, SERVED } from '../sharding/tables.js'

/** A count that took so long is asked again after so many times as long: of a shard's time it takes 5 %. */
const REST = 20
/** How long a count may take, in milliseconds. */
const PATIENCE_MS = 30_000

/** Rows that a shard serves, by table: what it is being handed, and what it has given away, are not among them. */
const COUNT = `SELECT ${MOVED_TABLES.map(
  ({ name }) => `(SELECT count(*)::int FROM ${name} JOIN slots USING (slot) WHERE slots.state IN ${SERVED}) AS ${name}`,
).join(', ')}`

export interface ShardRows {
  /** Users. */
  keys: number
  /** Of all sharded tables. */
  rows: number
}

/**
 * Counts the rows of one shard, each time exactly, on a connection of its own, and no more often than its time allows:
 * 50,000 users with an order each take about 25 ms, and so are counted about once a second.
 */
export class ShardCounter {
  /** The last count that came to its end; null before the first. */
  latest: ShardRows | null = null
  private readonly session: Session
  private counting = false
  private again = Number.NEGATIVE_INFINITY

  /** @param now monotonic, in milliseconds */
  constructor(
    endpoint: Endpoint,
    private readonly now: () => number,
  ) {
    this.session = new Session(endpoint, 'scalelab count')
  }

  /** Begins to count, if it is time to. @returns when that has come to its end */
  async count(): Promise<void> {
    const begun = this.now()
    if (this.counting || begun < this.again) return
    this.counting = true
    try {
      const [tables] = await this.session.query<Record<string, number>>(COUNT, [], PATIENCE_MS)
      if (tables === undefined) return
      const rows = Object.values(tables).reduce((sum, count) => sum + count, 0)
      this.latest = { keys: tables.users ?? 0, rows }
    } catch {
      // What is down is told by whoever asks how it is.
    } finally {
      this.counting = false
      this.again = this.now() + (this.now() - begun) * REST
    }
  }

  close(): void {
    this.session.close()
  }
}

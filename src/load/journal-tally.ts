import type { RequestKind } from '../core/load.js'
import { Histogram } from '../stats/histogram.js'
import type { Journal, WriteEntry } from './port.js'
import type { ReadCheck } from './session-book.js'

/** So many failures of a tick or run are listed; the ledger counts them all. */
export const MOST_FAILURES = 10_000
/** More names of servers than this are counted as "other": a header that differs each time must not fill the memory. */
const MOST_NODES = 100

/** The journal of one stretch: a tick, or the whole run. */
export class JournalTally {
  private writes: WriteEntry[] = []
  private failures: Journal['failures'] = []
  private checked = 0
  private stale = 0
  private backwards = 0
  private readonly age = new Histogram()
  private nodes = new Map<string, Partial<Record<RequestKind, number>>>()
  /** Kept from tick to tick: a histogram is dear to make. */
  private readonly latency = new Map<string, Histogram>()
  /** Answers that several shards gave together. */
  gathered = 0

  write(entry: WriteEntry): void {
    this.writes.push(entry)
  }

  read({ checked, staleMs, backwards }: ReadCheck): void {
    if (checked) this.checked += 1
    if (backwards) this.backwards += 1
    if (staleMs === null) return
    this.stale += 1
    this.age.record(staleMs)
  }

  failure(failure: Journal['failures'][number]): void {
    if (this.failures.length < MOST_FAILURES) this.failures.push(failure)
  }

  /** @param responseMs of an answer below 400, since it was due; null of any other */
  answer(node: string, kind: RequestKind, responseMs: number | null): void {
    const id = this.nodes.has(node) || this.nodes.size < MOST_NODES ? node : 'other'
    const counts = this.nodes.get(id) ?? {}
    counts[kind] = (counts[kind] ?? 0) + 1
    this.nodes.set(id, counts)
    if (responseMs === null) return
    let histogram = this.latency.get(id)
    if (histogram === undefined) {
      histogram = new Histogram()
      this.latency.set(id, histogram)
    }
    histogram.record(responseMs)
  }

  get empty(): boolean {
    return this.writes.length + this.failures.length + this.checked + this.nodes.size + this.gathered === 0
  }

  /** What there is, and begins anew. */
  take(): Journal {
    const journal: Journal = {
      writes: this.writes,
      reads: { checked: this.checked, stale: this.stale, backwards: this.backwards, age: this.age.encode() },
      failures: this.failures,
      nodes: Object.fromEntries(this.nodes),
      latency: this.encodedLatency(),
      gathered: this.gathered,
    }
    this.writes = []
    this.failures = []
    this.checked = 0
    this.stale = 0
    this.backwards = 0
    this.age.reset()
    this.nodes = new Map()
    for (const histogram of this.latency.values()) histogram.reset()
    this.gathered = 0
    return journal
  }

  private encodedLatency(): Journal['latency'] {
    const filled = [...this.latency].filter(([, { count }]) => count > 0)
    return Object.fromEntries(filled.map(([id, histogram]) => [id, histogram.encode()]))
  }
}

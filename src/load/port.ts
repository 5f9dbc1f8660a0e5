import type { Ledger, Load, RequestKind } from '../core/load.js'
import type { HistogramCounts } from '../stats/histogram.js'

/** A field of a request's head, name as it was given. A name may come several times; the order is kept. */
export type HeaderField = readonly [name: string, value: string]

/** One kind of request of the mix. */
export interface RequestTemplate {
  method: string
  /** Path and query, as they go out. */
  path: string
  headers: readonly HeaderField[]
  body?: Uint8Array
  /** Where the body was read from, as it was given: "@payload.json". */
  bodyFrom?: string
}

export interface LoadTarget {
  /** "http://127.0.0.1:8080": scheme, host and port. */
  origin: string
  /** Of https: whoever answers is taken for the server, whatever its certificate says. */
  insecure?: boolean
  /** Sent in turn. */
  requests: RequestTemplate[]
}

/** HdrHistogram V2, compressed, base64, of microseconds. */
export type EncodedHistogram = string

/** What came back from one instance, by the X-Instance-ID (else X-Upstream) header of the answers. */
export interface InstanceCounts<H = EncodedHistogram> {
  /** Answers of any status. */
  answered: number
  /** Answers of 400 and more. */
  http_error: number
  /** Response time (from the due moment) of answers below 400. */
  response: H
}

/** What the first answer of a status of 400 and more said. */
export interface ErrorSample {
  contentType: string | null
  /** Its beginning. */
  body: Uint8Array
  /** There was more of it. */
  more: boolean
}

/** acknowledged: answered below 400. refused: it did not happen, for sure. unknown: nobody can tell from the outside. */
export type WriteOutcome = 'acknowledged' | 'refused' | 'unknown'

/** A write and what became of it. Times are on the run clock, in milliseconds. */
export interface WriteEntry {
  /** Its idempotency key, by which it is found in the database. */
  key: string
  kind: RequestKind
  due_ms: number
  /** Where it was never sent: when it was given up, as `done_ms`. */
  sent_ms: number
  /** When the answer came, or when it was given up. */
  done_ms: number
  outcome: WriteOutcome
  /** Status of the answer; null where there was none. */
  status: number | null
  /** Which server answered (X-DB-Node); null where none said so. */
  node: string | null
}

/** What reads were held against what the same client had been told before. */
export interface ReadChecks {
  /** Reads of keys that had an acknowledged write before. */
  checked: number
  /** Missed a write that was acknowledged before the read was sent. */
  stale: number
  /** Returned an older version than an earlier read that had ended before this one was sent. */
  backwards: number
  /** Ages of the stale ones: from the acknowledgement of the first missed write to the sending of the read. */
  age: EncodedHistogram
}

/** What is kept request by request, under a workload. */
export interface Journal {
  writes: WriteEntry[]
  reads: ReadChecks
  /** Requests that were not answered well, reads and writes, at most the first 10,000 of a tick or run. */
  failures: { due_ms: number; done_ms: number; kind: RequestKind; cause: string }[]
  /** Answers by database server (X-DB-Node) and kind of request. */
  nodes: Record<string, Partial<Record<RequestKind, number>>>
  /** Response time (from the due moment) of answers below 400, by database server. */
  latency: Record<string, EncodedHistogram>
  /** Answers that several shards gave together, and so no single server: listings. */
  gathered: number
}

/**
 * What happened in a stretch of time; ticks of several generators for the same stretch are merged into one. To encode its
 * histograms would hold up what it measures for some milliseconds, and nobody keeps them.
 */
export interface LoadTick {
  /** On the run clock, in milliseconds. */
  from: number
  to: number
  phase: 'warm-up' | 'measuring' | 'draining'
  /** Requests whose due moment lies in this tick (closed loop: sent in it, of the warm-up or else of those that count). */
  due: number
  /** Less those of earlier ticks that turned out not to have left: may be negative, as may `due` of a closed loop. */
  sent: number
  /** Answers in this tick, whenever they were due. */
  ok: number
  http_error: number
  lost: number
  statuses: Record<string, number>
  /** By cause: those of connections.ts. */
  losses: Record<string, number>
  /** By status: those that came for the first time in this tick. */
  errors: Record<string, ErrorSample>
  /** Attempts to connect that failed in this tick, by code. */
  connectFailures: Record<string, number>
  /**
   * Answers below 400 that came in this tick. Response time counts from the due moment, service time from the actual send.
   */
  response: HistogramCounts
  service: HistogramCounts
  /** Response time of answers of 400 and more. */
  errorResponse: HistogramCounts
  instances: Record<string, InstanceCounts<HistogramCounts>>
  generator: GeneratorHealth
  /** Of this tick; null without a workload. */
  journal: Journal | null
}

/** How well the generator kept up in a tick; the worst of several generator processes. */
export interface GeneratorHealth {
  /** Share of one core, 0 to 1, over the tick. */
  cpu: number
  /** Share of the time in which its event loop did not wait for anything, 0 to 1: at work, or without a core to run on. */
  busy: number
  /** p99 of how long answers waited to be read, or of the event loop's delay where that is longer, in milliseconds. */
  eventLoopDelayMs: number
  /** The longest that it did not get to run, in milliseconds: stopped, or without a core. */
  pausedMs: number
  /** p99 of (send - due) of requests for which a connection was idle: the generator's own lateness, in milliseconds. */
  latenessMs: number
  /** Due requests waiting for a connection at the end of the tick. */
  backlog: number
}

/** Answers by instance, to each simulated client: by its number, from 0. */
export type ClientAnswers = Record<string, number[]>

/** Totals of the counted part: requests due in it, wherever they ended. */
export interface LoadResult {
  generators: number
  ledger: Ledger
  statuses: Record<string, number>
  losses: Record<string, number>
  /** By status, warm-up included. */
  errors: Record<string, ErrorSample>
  /** Attempts to connect that failed since the load began, by code. */
  connectFailures: Record<string, number>
  warmupRequests: number
  /** Length of the counted part as it was, in milliseconds (shorter than asked when interrupted). */
  measuredMs: number
  /** Answers of any status that arrived inside the counted part, per second. */
  achievedRps: number
  /** The same for answers below 400. */
  goodputRps: number
  response: EncodedHistogram
  service: EncodedHistogram
  errorResponse: EncodedHistogram
  instances: Record<string, InstanceCounts>
  /** Null without simulated clients, or where there were too many instances to keep apart. */
  clients: ClientAnswers | null
  /** Worst of the generators over the counted part: CPU and busy share, p99 event-loop delay and lateness, longest pause, final backlog. */
  generator: GeneratorHealth
  /** Of the whole run, warm-up included (a write of the warm-up is as real as any); null without a workload. */
  journal: Journal | null
  /** False when it was stopped before its time. */
  complete: boolean
}

export interface LoadRequest {
  load: Load
  target: LoadTarget
  /** Fires for "stop now": what is in flight is drained for at most `drainMs`, then the result is returned. */
  signal: AbortSignal
  drainMs: number
  /** Fires for "and do not wait for it". */
  hurry?: AbortSignal | undefined
  /** Called when the generators are connected and the clock starts: hrtime (ns) of the run clock's zero. */
  onStart: (originNs: bigint) => void
  /** About every `tickMs`; warm-up included. */
  onTick: (tick: LoadTick) => void
  tickMs: number
}

/** Sends a load and reports what came of it. */
export interface LoadGenerator {
  /** @throws LabError exit code 3 (file descriptors) or 4 (the generator died, nothing answered at the target). */
  run(request: LoadRequest): Promise<LoadResult>
}

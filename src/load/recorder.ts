import { emptyLedger, type Ledger } from '../core/load.js'
import { mergeCounts, mergeEncoded } from '../stats/histogram.js'
import type { ClientBook } from './client-book.js'
import type { LossCause } from './connections.js'
import type { JournalKeeper } from './journal-keeper.js'
import type { ErrorSample, GeneratorHealth, LoadResult, LoadTick } from './port.js'
import { RequestTally } from './tally.js'

const SHORTEST_TICK_MS = 0.001
/** Of more statuses than this nothing is kept of what they said. */
const MOST_ERRORS = 16

/** Where the counted part lies on the run clock, in milliseconds. The end moves when a run is stopped early. */
export interface Window {
  startMs: number
  endMs: number
}

type ProcessorHealth = Omit<GeneratorHealth, 'latenessMs' | 'backlog'>

export interface RecorderOptions {
  window: Window
  tickMs: number
  /** How many requests are due before a moment, asked for ever later ones; null for a closed loop: due when sent. */
  dueBefore: ((ms: number) => number) | null
  /** How many requests have been sent so far. */
  dispatched: () => number
  /** What the process itself can say of the last tick: processor share and event-loop delay. */
  health: () => ProcessorHealth
  /** What is kept request by request; null where nothing is. */
  journal: Pick<JournalKeeper, 'tickIsEmpty' | 'takeTick' | 'takeWhole'> | null
  /** Which instance answered which simulated client; null where there are none. */
  clients: Pick<ClientBook, 'answered' | 'encode'> | null
  onTick: (tick: LoadTick) => void
}

/**
 * The books of a generator: ticks on the run clock's grid, cut where the phase changes, and the totals of the counted
 * part, to which a request belongs by its due moment. Every event must be told in the order of its time.
 */
export class Recorder {
  /** Since the last tick: of requests that count, and of others. An event is in one of them, as adding up is cheaper later. */
  private readonly counted = new RequestTally()
  private readonly others = new RequestTally()
  private readonly both = new RequestTally()
  /** Of the requests that count, up to the last tick. */
  private readonly total = new RequestTally()
  private from = 0
  /** Due before `from`, in all and counted. */
  private dueSoFar = 0
  private due = 0
  private warmupRequests = 0
  private readonly errors: Record<string, ErrorSample> = {}
  private newErrors: Record<string, ErrorSample> = {}
  private readonly connectFailures: Record<string, number> = {}
  private newConnectFailures: Record<string, number> = {}
  private answeredInside = 0
  private okInside = 0

  constructor(private readonly options: RecorderOptions) {}

  sent(due: number, now: number, connectionWasIdle: boolean): void {
    this.roll(now)
    const tally = this.tallyOf(due)
    tally.sent += 1
    if (due < this.options.window.startMs) this.warmupRequests += 1
    if (connectionWasIdle) tally.lateness.record(now - due)
  }

  /** What was counted as sent did not leave after all. */
  unsent(due: number, now: number): void {
    this.roll(now)
    this.tallyOf(due).sent -= 1
    if (due < this.options.window.startMs) this.warmupRequests -= 1
  }

  /** @param k number of the request in the whole schedule */
  answered(k: number, due: number, sentAt: number, now: number, status: number, instance: string): void {
    this.roll(now)
    const tally = this.tallyOf(due)
    tally.answered(due, sentAt, now, status, instance)
    if (tally === this.counted) this.options.clients?.answered(k, instance)
    if (!this.counts(now)) return
    this.answeredInside += 1
    if (status < 400) this.okInside += 1
  }

  lost(due: number, now: number, cause: LossCause): void {
    this.roll(now)
    this.tallyOf(due).loss(cause)
  }

  /** Whether what an answer of this status says is still to be kept: the first of each, of a number of them. */
  wantsError(status: number): boolean {
    return status >= 400 && this.errors[status] === undefined && Object.keys(this.errors).length < MOST_ERRORS
  }

  said(status: number, sample: ErrorSample): void {
    this.errors[status] = sample
    this.newErrors[status] = sample
  }

  connectFailed(now: number, code: string): void {
    this.roll(now)
    for (const counts of [this.connectFailures, this.newConnectFailures]) counts[code] = (counts[code] ?? 0) + 1
  }

  /** Closes every tick that ended by now. */
  roll(now: number): void {
    for (let to = this.nextBoundary(); to <= now; to = this.nextBoundary()) this.closeTick(to)
  }

  /**
   * Closes the last tick and gives the totals.
   * @param unfinished counted requests that wait to be sent or answered
   */
  finish(now: number, unfinished: number, health: ProcessorHealth, complete: boolean): LoadResult {
    this.roll(now)
    // What happened at the very end of a tick belongs to the next one, however short.
    if (now > this.from || !this.counted.empty || !this.others.empty || this.options.journal?.tickIsEmpty === false)
      this.closeTick(Math.max(now, this.from + SHORTEST_TICK_MS))
    const { startMs, endMs } = this.options.window
    const measuredMs = Math.max(0, endMs - startMs)
    const { total } = this
    const instances = total.byInstance((response) => response.encode())
    const ledger: Ledger = {
      ...emptyLedger(),
      due: this.options.dueBefore === null ? total.sent : this.due,
      sent: total.sent,
      ok: total.ok,
      http_error: total.httpError,
      lost: total.lost,
      unfinished,
    }
    return {
      generators: 1,
      ledger,
      statuses: total.statuses,
      losses: total.losses,
      errors: this.errors,
      connectFailures: this.connectFailures,
      warmupRequests: this.warmupRequests,
      measuredMs,
      achievedRps: measuredMs === 0 ? 0 : (this.answeredInside * 1_000) / measuredMs,
      goodputRps: measuredMs === 0 ? 0 : (this.okInside * 1_000) / measuredMs,
      service: total.service.encode(),
      errorResponse: total.errorResponse.encode(),
      response: mergeEncoded(Object.values(instances).map(({ response }) => response)),
      instances,
      clients: this.options.clients?.encode() ?? null,
      generator: { ...health, latenessMs: total.lateness.percentile(99) ?? 0, backlog: this.backlog() },
      journal: this.options.journal?.takeWhole() ?? null,
      complete,
    }
  }

  /** Whether a moment lies in the counted part. */
  counts(moment: number): boolean {
    return moment >= this.options.window.startMs && moment < this.options.window.endMs
  }

  private tallyOf(due: number): RequestTally {
    return this.counts(due) ? this.counted : this.others
  }

  /** What has happened since the last tick. */
  private tick(): RequestTally {
    const { counted, others, both } = this
    if (others.empty) return counted
    if (counted.empty) return others
    both.reset()
    both.add(counted)
    both.add(others)
    return both
  }

  private nextBoundary(): number {
    const { startMs, endMs } = this.options.window
    const { tickMs } = this.options
    const grid = (Math.floor(this.from / tickMs) + 1) * tickMs
    if (this.from < startMs) return Math.min(grid, startMs)
    if (this.from < endMs) return Math.min(grid, endMs)
    return grid
  }

  private newlyDue(to: number, phase: LoadTick['phase']): number {
    if (phase === 'draining') return 0
    const before = this.dueSoFar
    this.dueSoFar = this.options.dueBefore?.(to) ?? 0
    if (phase === 'measuring') this.due += this.dueSoFar - before
    return this.dueSoFar - before
  }

  /** Due requests that have not been sent. */
  private backlog(): number {
    return this.options.dueBefore === null ? 0 : Math.max(0, this.dueSoFar - this.options.dispatched())
  }

  private closeTick(to: number): void {
    const { window, health, onTick } = this.options
    const { from } = this
    const tick = this.tick()
    const phase = from < window.startMs ? 'warm-up' : from < window.endMs ? 'measuring' : 'draining'
    const sentOfPhase = phase === 'warm-up' ? this.others.sent : this.counted.sent
    const due = this.options.dueBefore === null ? sentOfPhase : this.newlyDue(to, phase)
    const instances = tick.byInstance((response) => response.counts)
    onTick({
      from,
      to,
      phase,
      due,
      sent: tick.sent,
      ok: tick.ok,
      http_error: tick.httpError,
      lost: tick.lost,
      statuses: tick.statuses,
      losses: tick.losses,
      errors: this.newErrors,
      connectFailures: this.newConnectFailures,
      response: mergeCounts(Object.values(instances).map(({ response }) => response)),
      service: tick.service.counts,
      errorResponse: tick.errorResponse.counts,
      instances,
      generator: { ...health(), latenessMs: tick.lateness.percentile(99) ?? 0, backlog: this.backlog() },
      journal: this.options.journal?.takeTick() ?? null,
    })
    this.newErrors = {}
    this.newConnectFailures = {}
    this.total.add(this.counted)
    this.counted.reset()
    this.others.reset()
    this.from = to
  }
}

const REHEARSED_TICKS = 100

/** Keeps the books of ticks that nobody sees: what runs twice a second would be compiled in the middle of a measurement. */
export function rehearse(): void {
  const recorder = new Recorder({
    window: { startMs: 0, endMs: REHEARSED_TICKS },
    tickMs: 1,
    dueBefore: null,
    dispatched: () => 0,
    health: () => ({ cpu: 0, busy: 0, eventLoopDelayMs: 0, pausedMs: 0 }),
    journal: null,
    clients: null,
    onTick: () => {},
  })
  for (let ms = 0; ms < REHEARSED_TICKS; ms++) {
    // As in the first counted tick, which has answers of the warm-up as well.
    for (const due of [-1, ms]) {
      recorder.sent(due, ms, true)
      recorder.answered(ms, due, ms, ms + 0.5, 200, 'rehearsal')
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { BEAT_MS, Standstill } from '../core/standstill.js'
import { noAnswerOf } from './outcome.js'
import { type Endpoint, Session } from './session.js'

/** Asks one thing whether it works, over a connection that it keeps. */
export interface Prober {
  /** @throws Unanswered when there is no answer in time, what `noAnswerOf` knows when there is no connection */
  ask(timeoutMs: number): Promise<void>
  /** Called when the connection breaks between two questions. */
  onLost(listener: () => void): void
  close(): void
}

/** Asks a PostgreSQL server. */
export function databaseProber(endpoint: Endpoint): Prober {
  const session = new Session(endpoint, 'scalelab detector')
  return {
    ask: async (timeoutMs) => void (await session.query('SELECT 1', [], timeoutMs)),
    onLost: (listener) => void session.events.on('lost', listener),
    close: () => session.close(),
  }
}

export interface DetectorSettings {
  /** Between two probes, and how long an answer may take, in milliseconds. */
  intervalMs: number
  /** So many probes without an answer, one after another, are a failure. */
  misses: number
}

export const DEFAULT_DETECTOR: DetectorSettings = { intervalMs: 100, misses: 3 }

export interface DetectorEvents {
  /** A probe was not answered in time; `count` of them in a row. */
  onMiss?: (count: number) => void
  /** The server lives and refuses the detector, in its own words; said when they change. */
  onRefused?: (words: string) => void
  /** The server counts as failed; said once. `how` in a few words. */
  onDown: (how: string) => void
}

/** What a detector has done so far. */
export interface DetectorCounts {
  probes: number
  missed: number
  /** Probes whose time was up because this process itself had not been running or could not ask: they count as nothing. */
  late: number
}

/** After a broken connection the server is asked again this soon, in milliseconds. */
const ASK_AGAIN_MS = 10
/**
 * So many new connections in a row that were closed before the server had said a word: nobody is behind the port. Docker's
 * proxy accepts for a container that has ended; a server that only starts or recovers says so (SQLSTATE 57P03).
 */
const SILENT = 3
/** A probe that ended so much later than it should, in intervals, was held up here. */
const HELD_UP = 1.5

/**
 * Watches one node. A program that died is known by its closed connection, as soon as a second attempt finds nobody
 * listening; one that froze closes nothing, and is known by probes that stay unanswered. One that says no is alive,
 * whatever it says: it has too many clients, is starting, or lets the detector in no more. While this process itself stood
 * still nobody was watched: what went unanswered until then counts as nothing.
 */
export class FailureDetector {
  readonly counts: DetectorCounts = { probes: 0, missed: 0, late: 0 }
  private readonly stopping = new AbortController()
  private readonly watching: Promise<void>
  private wake: () => void = () => {}
  /** Probes in a row that were not answered. */
  private missed = 0
  /** New connections in a row that were closed without a word. */
  private closed = 0
  /** Since when every attempt has failed; null while the last one was answered. */
  private failingSince: number | null = null
  private refusedSince: number | null = null
  private refusal: string | null = null

  constructor(
    private readonly prober: Prober,
    private readonly settings: DetectorSettings,
    private readonly events: DetectorEvents,
  ) {
    this.watching = this.watch()
  }

  /** Returns when nothing more will be said. */
  async stop(): Promise<void> {
    this.stopping.abort()
    this.wake()
    await this.watching
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopping
    const { prober } = this
    const own = new Standstill(performance.now())
    let stoodStill = false
    const look = (): void => {
      if (own.beat(performance.now()) > 0) stoodStill = true
    }
    const beats = setInterval(look, BEAT_MS)
    try {
      prober.onLost(() => this.wake())
      while (!signal.aborted) {
        const begun = performance.now()
        this.counts.probes += 1
        const error = await prober.ask(this.settings.intervalMs).then(
          () => null,
          (reason: unknown) => ({ reason }),
        )
        if (signal.aborted) break
        look()
        if (stoodStill) this.begin()
        const next = error === null ? this.answered() : this.unanswered(error.reason, begun, stoodStill)
        stoodStill = false
        if ('down' in next) return this.events.onDown(next.down)
        await this.rest(begun + next.pauseMs - performance.now(), signal)
      }
    } finally {
      clearInterval(beats)
      prober.close()
    }
  }

  /** Nothing is held against the server. */
  private begin(): void {
    this.missed = 0
    this.closed = 0
    this.failingSince = null
  }

  private answered(): Next {
    this.begin()
    this.refusedSince = null
    this.refusal = null
    return { pauseMs: this.settings.intervalMs }
  }

  /** @param stoodStill this process did not run for part of the probe */
  private unanswered(error: unknown, begun: number, stoodStill: boolean): Next {
    const { intervalMs, misses } = this.settings
    const now = performance.now()
    const why = noAnswerOf(error)
    switch (why.kind) {
      case 'nobody listens':
        return { down: 'connection closed, nobody listens' }
      case 'not asked':
        this.counts.late += 1
        return { pauseMs: intervalMs }
      case 'silent':
        if (stoodStill || now - begun > HELD_UP * intervalMs) this.counts.late += 1
        else {
          this.missed += 1
          this.counts.missed += 1
          this.events.onMiss?.(this.missed)
        }
        if (this.missed < misses) return { pauseMs: intervalMs }
        return { down: `${misses} ${misses === 1 ? 'probe' : 'probes'} unanswered` }
      case 'refused':
        this.begin()
        if (why.words !== this.refusal) this.events.onRefused?.(why.words)
        this.refusal = why.words
        this.refusedSince ??= now
        // One that is ending says so first: soon nobody listens. One that goes on is not asked more often than any other.
        return { pauseMs: now - this.refusedSince < misses * intervalMs ? ASK_AGAIN_MS : intervalMs }
      case 'closed':
        // The first may have been the old connection's end.
        this.closed = this.failingSince === null ? 0 : this.closed + 1
        if (this.closed >= SILENT) return { down: 'connection closed, new ones are closed at once' }
        this.failingSince ??= now
        if (now - this.failingSince < misses * intervalMs) return { pauseMs: ASK_AGAIN_MS }
        return { down: `unusable for ${Math.round(now - this.failingSince)} ms: ${why.words}` }
    }
  }

  /** Until the next probe is due, or the connection breaks. */
  private async rest(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0) return
    const waking = new AbortController()
    this.wake = () => waking.abort()
    await sleep(ms, undefined, { signal: AbortSignal.any([signal, waking.signal]) }).catch(() => undefined)
    this.wake = () => {}
  }
}

/** What follows a probe: the next one, so long after this one began, or the alarm. */
type Next = { pauseMs: number } | { down: string }

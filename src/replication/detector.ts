import { setTimeout as sleep } from 'node:timers/promises'
import { type Endpoint, Session, Unanswered } from './session.js'

/** Asks one thing whether it works, over a connection that it keeps. */
export interface Prober {
  /** @throws Unanswered when there is no answer in time, any other error when there is no connection */
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
  /** The server counts as failed; said once. `how` in a few words. */
  onDown: (how: string) => void
}

/** What a detector has done so far. */
export interface DetectorCounts {
  probes: number
  missed: number
  /** Probes whose time was up because this process itself had not been running: they count as nothing. */
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
 * listening; one that froze closes nothing, and is known by probes that stay unanswered.
 */
export class FailureDetector {
  readonly counts: DetectorCounts = { probes: 0, missed: 0, late: 0 }
  private readonly stopping = new AbortController()
  private readonly watching: Promise<void>
  private wake: () => void = () => {}

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
    const { intervalMs, misses } = this.settings
    const { signal } = this.stopping
    const { prober } = this
    prober.onLost(() => this.wake())
    let missed = 0
    /** Since when every attempt has failed; null while the last one was answered. */
    let failingSince: number | null = null
    let silent = 0
    while (!signal.aborted) {
      const begun = performance.now()
      let pause = intervalMs
      this.counts.probes += 1
      try {
        await prober.ask(intervalMs)
        missed = 0
        silent = 0
        failingSince = null
      } catch (error) {
        if (signal.aborted) break
        const now = performance.now()
        if (error instanceof Unanswered) {
          if (now - begun > HELD_UP * intervalMs) this.counts.late += 1
          else {
            missed += 1
            this.counts.missed += 1
            this.events.onMiss?.(missed)
          }
          if (missed >= misses) return this.down(`${missed} ${missed === 1 ? 'probe' : 'probes'} unanswered`)
        } else {
          if (nobodyListens(error)) return this.down('connection closed, nobody listens')
          // The first may have been the old connection's end.
          silent = failingSince === null || saidSomething(error) ? 0 : silent + 1
          if (silent >= SILENT) return this.down('connection closed, new ones are closed at once')
          failingSince ??= now
          if (now - failingSince >= misses * intervalMs) {
            return this.down(`unusable for ${Math.round(now - failingSince)} ms: ${String((error as Error).message)}`)
          }
          pause = ASK_AGAIN_MS
        }
      }
      await this.rest(begun + pause - performance.now(), signal)
    }
    prober.close()
  }

  private down(how: string): void {
    this.prober.close()
    this.events.onDown(how)
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

/** Whether the error is the server's own word. */
function saidSomething(error: unknown): boolean {
  return (error as { severity?: unknown }).severity !== undefined
}

/** Whether the machine answered that no program listens there. */
function nobodyListens(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ECONNREFUSED'
}

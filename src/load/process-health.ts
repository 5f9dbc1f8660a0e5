import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { Histogram } from '../stats/histogram.js'
import type { GeneratorHealth } from './port.js'

/** How often the event loop's delay is looked at, in milliseconds; node counts this much of every delay as its own. */
const RESOLUTION_MS = 5
/** A turn of the loop that begins this soon after the one before did not wait: what it reads came while that one ran. */
const AT_ONCE_MS = 0.05
/** Between two looks at how long answers wait, in milliseconds: to see a turn end costs another turn of the loop. */
const LOOK_AGAIN_MS = 3

type Health = Omit<GeneratorHealth, 'latenessMs' | 'backlog'>

/**
 * How busy this process is, since last asked and in a longer stretch: its processor share, the share of time in which its
 * event loop waited for nothing, how long answers waited to be read, and the longest time in which it did not run.
 *
 * An answer waits from when the kernel has it until its turn in the loop comes. Of the answers of one turn none waited
 * longer than that turn took, and, where it began at once, the one before as well: that bound is counted, once per answer,
 * for one turn every few milliseconds, together with the one before it.
 */
export class ProcessHealth {
  private readonly tick = new Meter()
  private readonly counted = new Meter()
  private countedHealth: Health = { cpu: 0, busy: 0, eventLoopDelayMs: 0, pausedMs: 0 }
  /** The turn of the loop under way: when its first answer was read, and how many were. */
  private began = 0
  private answers = 0
  /** The turn before it, where it was looked at: when it ended, and how long it took. */
  private before: { ended: number; lasted: number } | null = null
  private lookAt = 0

  /** An answer has been read. @param now performance.now() */
  answered(now: number): void {
    if (now < this.lookAt || this.answers++ > 0) return
    this.began = now
    // Runs when everything that this turn of the loop has read is done.
    setImmediate(() => this.turned())
  }

  /** It did not run for so long, in milliseconds. */
  paused(ms: number): void {
    this.tick.paused(ms)
    this.counted.paused(ms)
  }

  /** Since it was last asked. */
  sinceLast(): Health {
    const health = this.tick.read()
    this.tick.reset()
    return health
  }

  beginCounted(): void {
    this.counted.reset()
  }

  endCounted(): void {
    this.countedHealth = this.counted.read()
  }

  /** Between `beginCounted` and `endCounted`. */
  inCounted(): Health {
    return this.countedHealth
  }

  close(): void {
    this.tick.close()
    this.counted.close()
  }

  private turned(): void {
    const { before, began, answers } = this
    const ended = performance.now()
    const lasted = ended - began
    this.answers = 0
    this.before = before === null ? { ended, lasted } : null
    if (before === null) return
    const waited = lasted + (began - before.ended < AT_ONCE_MS ? before.lasted : 0)
    this.tick.waited(waited, answers)
    this.counted.waited(waited, answers)
    this.lookAt = ended + LOOK_AGAIN_MS
  }
}

class Meter {
  private readonly delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  private readonly waits = new Histogram()
  private longestPause = 0
  private cpu = process.cpuUsage()
  private loop = performance.eventLoopUtilization()
  private since = performance.now()

  constructor() {
    this.delay.enable()
  }

  waited(ms: number, answers: number): void {
    this.waits.record(ms, answers)
  }

  paused(ms: number): void {
    this.longestPause = Math.max(this.longestPause, ms)
  }

  read(): Health {
    const { user, system } = process.cpuUsage(this.cpu)
    const elapsedMs = performance.now() - this.since
    const delay = this.delay.count === 0 ? 0 : this.delay.percentile(99) / 1e6 - RESOLUTION_MS
    return {
      cpu: elapsedMs < 1 ? 0 : (user + system) / 1_000 / elapsedMs,
      busy: elapsedMs < 1 ? 0 : performance.eventLoopUtilization(this.loop).utilization,
      eventLoopDelayMs: Math.max(0, delay, this.waits.percentile(99) ?? 0),
      pausedMs: this.longestPause,
    }
  }

  reset(): void {
    this.delay.reset()
    this.waits.reset()
    this.longestPause = 0
    this.cpu = process.cpuUsage()
    this.loop = performance.eventLoopUtilization()
    this.since = performance.now()
  }

  close(): void {
    this.delay.disable()
  }
}

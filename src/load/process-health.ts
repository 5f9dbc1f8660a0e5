import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { GeneratorHealth } from './port.js'

/** How often the event loop's delay is looked at, in milliseconds; node counts this much of every delay as its own. */
const RESOLUTION_MS = 5

type Health = Pick<GeneratorHealth, 'cpu' | 'eventLoopDelayMs'>

/** How busy this process is: its processor share and the delay of its event loop, since last asked and in a longer stretch. */
export class ProcessHealth {
  private readonly tick = new Meter()
  private readonly counted = new Meter()
  private countedHealth: Health = { cpu: 0, eventLoopDelayMs: 0 }

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
}

class Meter {
  private readonly delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  private cpu = process.cpuUsage()
  private since = performance.now()

  constructor() {
    this.delay.enable()
  }

  read(): Health {
    const { user, system } = process.cpuUsage(this.cpu)
    const elapsedMs = performance.now() - this.since
    const p99 = this.delay.count === 0 ? 0 : this.delay.percentile(99) / 1e6 - RESOLUTION_MS
    return { cpu: elapsedMs < 1 ? 0 : (user + system) / 1_000 / elapsedMs, eventLoopDelayMs: Math.max(0, p99) }
  }

  reset(): void {
    this.delay.reset()
    this.cpu = process.cpuUsage()
    this.since = performance.now()
  }

  close(): void {
    this.delay.disable()
  }
}

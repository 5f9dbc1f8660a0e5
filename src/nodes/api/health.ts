import { statfs } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** In milliseconds. */
const SAMPLE_EVERY = 1_000
const LOOP_RESOLUTION = 20
/** An event loop whose 99th percentile of lateness is beyond this, in milliseconds, is overloaded. */
const LOOP_DELAY_LIMIT = 250

/** How the process is doing, as `/health` shows it. */
export interface Vitals {
  /** Of one core, by this process, over the last second. */
  cpu_percent: number
  /** Of the memory limit of the container by this process; without a limit, of the machine's memory by all processes. */
  memory_percent: number
  /** Of the root file system. */
  disk_percent: number
  /** 99th percentile of the event loop's lateness over the last second. */
  loop_delay_ms: number
}

/** Keeps the vitals up to date. */
export interface HealthMonitor {
  vitals(): Vitals
  /** Why the process is overloaded, or undefined: it refused a request in the last second, or its event loop is late. */
  overload(): string | undefined
  /** To be called for every request refused for want of room. */
  refused(): void
  stop(): void
}

/** Starts to sample once a second; returns when the first vitals are there. */
export async function startHealthMonitor(): Promise<HealthMonitor> {
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION })
  loop.enable()
  // the first sample is over the whole life so far
  let lastCpu = { user: 0, system: 0 }
  let lastAt = performance.now() - process.uptime() * 1_000
  let refusedAt = Number.NEGATIVE_INFINITY
  let current = await sample()

  async function sample(): Promise<Vitals> {
    const at = performance.now()
    const { user, system } = process.cpuUsage()
    const cpu = ((user + system - lastCpu.user - lastCpu.system) / 1_000 / (at - lastAt)) * 100
    lastCpu = { user, system }
    lastAt = at
    // the histogram holds the time from one tick to the next, the intended interval included
    const delay = loop.count === 0 ? 0 : Math.max(0, loop.percentile(99) / 1e6 - LOOP_RESOLUTION)
    loop.reset()
    return {
      cpu_percent: round(cpu),
      memory_percent: round(memoryPercent()),
      disk_percent: round(await diskPercent()),
      loop_delay_ms: round(delay),
    }
  }

  const timer = setInterval(async () => {
    current = await sample()
  }, SAMPLE_EVERY)
  timer.unref()

  return {
    vitals: () => current,
    overload() {
      if (performance.now() - refusedAt < 1_000) return 'refused requests in the last second: the queue is full'
      if (current.loop_delay_ms > LOOP_DELAY_LIMIT) return `the event loop is late by ${current.loop_delay_ms} ms`
      return undefined
    },
    refused() {
      refusedAt = performance.now()
    },
    stop() {
      clearInterval(timer)
      loop.disable()
    },
  }
}

function memoryPercent(): number {
  const limit = process.constrainedMemory() ?? 0 // 0 or a number beyond the machine's memory: no limit
  if (limit > 0 && limit < totalmem()) return (process.memoryUsage.rss() / limit) * 100
  return (1 - freemem() / totalmem()) * 100
}

/** As df counts it: of what is used and what an ordinary user could still use. */
async function diskPercent(): Promise<number> {
  try {
    const { blocks, bfree, bavail } = await statfs('/')
    return blocks === 0 ? 0 : ((blocks - bfree) / (blocks - bfree + bavail)) * 100
  } catch {
    return 0 // no such call on this platform: nothing known to be used
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

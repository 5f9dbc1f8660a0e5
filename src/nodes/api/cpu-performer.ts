import { monotonicMs } from './alarm.js'
import type { Performer } from './performer.js'

/**
 * Real processor work: each request keeps this process busy until it has used so many milliseconds of processor time,
 * one request at a time in arrival order. Between two of them the event loop has a turn, so that health checks are
 * answered. Service time is what passed on the clock: longer than the work when the processor is shared. Queue time is
 * what this process saw of it: requests that came while it was busy waited in the system's buffers first.
 */
export function cpuPerformer(ms: number): Performer {
  const queue: (() => void)[] = []

  function runFirst(): void {
    queue[0]?.()
    queue.shift()
    if (queue.length > 0) setImmediate(runFirst)
  }

  return {
    perform(done) {
      const arrival = monotonicMs()
      queue.push(() => {
        const start = monotonicMs()
        burn(ms)
        done({ queueMs: start - arrival, serviceMs: monotonicMs() - start })
      })
      if (queue.length === 1) setImmediate(runFirst)
      return true
    },
    queueLength: () => Math.max(0, queue.length - 1),
    close: async () => {},
  }
}

/** Uses up so many milliseconds of this process's processor time. */
function burn(ms: number): void {
  const start = process.cpuUsage()
  let value = 0.5
  for (;;) {
    for (let i = 0; i < 500; i++) value = 3.9 * value * (1 - value)
    const { user, system } = process.cpuUsage(start)
    if (user + system >= ms * 1_000 || value < 0) return
  }
}

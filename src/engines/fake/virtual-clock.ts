/** A clock of a test's own. */
export interface VirtualClock {
  /** Milliseconds since the clock was made. */
  now(): number
  /** Resolves when so many milliseconds have passed on this clock, or at once when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Lets so many milliseconds pass: wakes sleepers in order, each before the next one's time comes. */
  advance(ms: number): Promise<void>
}

/**
 * @param auto lets time pass by itself whenever somebody sleeps and nothing else is at work, so that a test need not
 * drive the clock and waits for nothing
 */
export function virtualClock({ auto = false } = {}): VirtualClock {
  let now = 0
  const sleepers = new Set<{ until: number; wake: () => void }>()
  let jumping = false

  const next = (limit: number): { until: number; wake: () => void } | undefined =>
    [...sleepers].filter(({ until }) => until <= limit).sort((a, b) => a.until - b.until)[0]

  const jump = async (): Promise<void> => {
    if (jumping) return
    jumping = true
    await settle()
    const sleeper = next(Number.POSITIVE_INFINITY)
    if (sleeper !== undefined) {
      now = Math.max(now, sleeper.until)
      sleeper.wake()
    }
    jumping = false
    if (sleepers.size > 0) void jump()
  }

  return {
    now: () => now,

    sleep(ms, signal) {
      if (signal?.aborted === true || ms <= 0) return Promise.resolve()
      return new Promise((resolve) => {
        const sleeper = {
          until: now + ms,
          wake(): void {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake)
        if (auto) void jump()
      })
    },

    async advance(ms) {
      const end = now + ms
      for (let sleeper = next(end); sleeper !== undefined; sleeper = next(end)) {
        now = Math.max(now, sleeper.until)
        sleeper.wake()
        await settle()
      }
      now = end
      await settle()
    },
  }
}

/** Lets everything go on that can without time passing. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

import { describe, expect, it } from 'vitest'
import { evenness, idleTimers } from './quiet.js'

const signal = new AbortController().signal

describe('how quiet a machine is', () => {
  it('is timers that are never early, and what others took', async () => {
    const { timers, steal, others } = await idleTimers(150, signal)
    expect(timers.late_p50_ms).toBeGreaterThanOrEqual(0)
    expect(timers.late_p99_ms).toBeGreaterThanOrEqual(timers.late_p50_ms)
    expect(timers.event_loop_p99_ms).toBeGreaterThanOrEqual(0)
    for (const share of [steal, others]) {
      if (share !== null) expect(share).toBeGreaterThanOrEqual(0)
      if (share !== null) expect(share).toBeLessThanOrEqual(1)
    }
  })

  it('is how much a fixed piece of work varies, none of it taking less than nothing', async () => {
    const { slices, variation, worst } = await evenness(12, signal)
    expect(slices).toBe(12)
    expect(variation).toBeGreaterThan(0)
    expect(worst).toBeGreaterThanOrEqual(1)
  })

  it('is not measured any further once it is interrupted', async () => {
    const reason = new Error('interrupted')
    const stop = new AbortController()
    setTimeout(() => stop.abort(reason), 30)
    const both = await Promise.allSettled([idleTimers(60_000, stop.signal), evenness(100_000, stop.signal)])
    expect(both).toEqual(Array(2).fill({ status: 'rejected', reason }))
  })
})

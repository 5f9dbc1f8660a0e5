import { describe, expect, it } from 'vitest'
import { Throttle } from './throttle.js'

const never = new AbortController().signal

describe('a throttle', () => {
  it('lets rows through at its rate, and makes chunks that it lasts for a moment', async () => {
    const throttle = new Throttle(2_000)
    const chunk = throttle.chunk(500)
    expect(chunk).toBe(400)
    const from = performance.now()
    let rows = 0
    for (; rows < 1_200; rows += 100) await throttle.copied(100, never)
    const took = performance.now() - from
    // Never faster; how much later than it should the timer fires is this machine's affair.
    expect(took).toBeGreaterThanOrEqual((rows / 2_000) * 1_000 - 5)
  })

  it('makes up for a pause, but not for a long one', async () => {
    let now = 0
    const waits: number[] = []
    const throttle = new Throttle(1_000, () => now)
    const copied = async (rows: number): Promise<void> => {
      const before = performance.now()
      await throttle.copied(rows, never)
      waits.push(performance.now() - before)
    }
    now = 300
    await copied(200)
    now = 60_000
    await copied(1_000)
    expect(waits[0]).toBeLessThan(50)
    // The second of credit is used up; the next rows have to wait.
    await copied(100)
    expect(waits[2]).toBeGreaterThanOrEqual(95)
  })

  it('without a rate never waits; a wait ends with the signal', async () => {
    const free = new Throttle(null)
    expect(free.chunk(500)).toBe(500)
    await free.copied(1_000_000, never)
    const abort = new AbortController()
    const waiting = new Throttle(1).copied(1_000, abort.signal)
    abort.abort()
    await expect(waiting).rejects.toThrow()
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CalibrationStep } from '../core/calibration.js'
import { seededRandom } from '../core/random.js'
import { type Climb, highestHeld } from './step-search.js'

const step = (rps: number, held: boolean): CalibrationStep => ({
  rps,
  achieved: 1,
  lateness_ms: 1,
  cpu: 0.5,
  event_loop_ms: 1,
  failed: held ? null : 'generator-lateness',
})

/** A machine that holds rates up to its limit, but for moments of noise; and how often it was asked. */
function machine(limit: number, noise: () => boolean = () => false): { climb: Climb; offered: number[] } {
  const offered: number[] = []
  return {
    offered,
    async climb(rates) {
      const steps: CalibrationStep[] = []
      for (const rate of rates) {
        offered.push(rate)
        const held = rate <= limit && !noise()
        steps.push(step(rate, held))
        if (!held) break
      }
      return steps
    },
  }
}

const RANGE = { from: 500, most: 200_000 }

describe('highestHeld', () => {
  it('finds the limit of a machine within a step, in a bounded number of them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 500, max: 150_000, noNaN: true }), async (limit) => {
        const { climb, offered } = machine(limit)
        const found = await highestHeld(climb, RANGE)
        expect(found?.rps).toBeLessThanOrEqual(limit)
        expect(found?.rps).toBeGreaterThan(limit / 1.125)
        expect(found?.limit?.rps).toBeGreaterThan(limit)
        expect(found?.limit?.failed).toBe('generator-lateness')
        expect(offered.length).toBeLessThan(40)
      }),
    )
  })

  it('is not stopped by a hiccup on the way', async () => {
    for (const hiccup of [1, 3, 5, 8]) {
      let asked = 0
      const { climb } = machine(18_000, () => ++asked === hiccup)
      const found = await highestHeld(climb, RANGE)
      expect(found?.rps, `hiccup at step ${hiccup}`).toBeGreaterThan(18_000 / 1.125)
      expect(found?.rps).toBeLessThanOrEqual(18_000)
    }
  })

  it('gets near the limit of a machine on which one step in five fails by chance', async () => {
    const random = seededRandom(7)
    const found = await Promise.all(
      Array.from({ length: 40 }, () => highestHeld(machine(20_000, () => random() < 0.2).climb, RANGE)),
    )
    const near = found.filter((each) => (each?.rps ?? 0) > 10_000).length
    expect(near).toBeGreaterThan(30)
  })

  it('never claims a rate that was not held, whatever the noise', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), async (seed, share) => {
        const random = seededRandom(seed)
        const found = await highestHeld(machine(20_000, () => random() < share).climb, RANGE)
        if (found === null) return
        expect(found.rps).toBeLessThanOrEqual(20_000)
        expect(found.limit === null || found.limit.rps > found.rps).toBe(true)
      }),
    )
  })

  it('has nothing to say of a machine that does not hold the lowest rate', async () => {
    const { climb, offered } = machine(100)
    expect(await highestHeld(climb, RANGE)).toBeNull()
    expect(offered).toEqual(Array(12).fill(500))
  })

  it('makes do with what it has when there is no more time', async () => {
    const { climb, offered } = machine(18_000)
    expect((await highestHeld(climb, RANGE, () => true))?.rps).toBe(16_000)
    expect(offered.at(-1)).toBe(32_000)
  })

  it('ends at its bound', async () => {
    expect(await highestHeld(machine(1e9).climb, RANGE)).toEqual({ rps: 200_000, limit: null })
  })
})

import { describe, expect, it } from 'vitest'
import { UnitSchedule } from './schedule.js'
import type { ClaimUnit } from './unit.js'

const unit = (name: string, ...seconds: number[]): ClaimUnit => ({
  name,
  claims: [],
  steps: seconds.map((ms, index) => ({ what: `${name} ${index + 1}`, ms: ms * 1_000 })),
  run: async () => {},
})

describe('Schedule', () => {
  it('counts units, names steps, and takes off what is done', () => {
    const [a, b] = [unit('a', 2, 6), unit('b', 4)]
    const schedule = new UnitSchedule([a, b])
    expect(schedule.totalMs).toBe(12_000)
    expect(schedule.step(a)).toEqual({ what: 'a 1', number: 1, of: 2 })
    expect(schedule.leftMs(a, 0)).toBe(12_000)
    expect(schedule.step(a).what).toBe('a 2')
    expect(schedule.leftMs(a, 2_000)).toBe(10_000)
    // A unit that ends before its last step is done all the same.
    schedule.end(a)
    expect(schedule.step(b)).toEqual({ what: 'b 1', number: 2, of: 2 })
    expect(schedule.leftMs(b, 8_000)).toBe(4_000)
  })

  it('learns from what the steps before have taken', () => {
    const [a, b] = [unit('a', 20), unit('b', 10)]
    const schedule = new UnitSchedule([a, b])
    schedule.step(a)
    schedule.end(a)
    schedule.step(b)
    expect(schedule.leftMs(b, 40_000)).toBe(20_000)
    expect(schedule.leftMs(b, 10_000)).toBe(5_000)
    // However wrong it was: not beyond all reason.
    expect(schedule.leftMs(b, 1_000_000)).toBe(30_000)
  })
})

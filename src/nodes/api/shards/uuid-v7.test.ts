import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UuidV7 } from './uuid-v7.js'

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const msOf = (uuid: string) => Number.parseInt(uuid.slice(0, 13).replace('-', ''), 16)

describe('a UUID of version 7', () => {
  it('has the form of the example in RFC 9562, appendix A.6', () => {
    // 2022-02-22 19:22:22 UTC; rand_a is a counter here, so the example's 0xCC3 cannot be: it begins below 0x800
    const random = Buffer.from('18c4dc0c0c07398f0431', 'hex')
    expect(
      new UuidV7(
        () => 0x017f22e279b0,
        () => random,
      ).next(),
    ).toBe('017f22e2-79b0-7431-98c4-dc0c0c07398f')
  })

  it('carries the time, and is never given twice', () => {
    const uuids = new UuidV7()
    const before = Date.now()
    const made = Array.from({ length: 10_000 }, () => uuids.next())
    expect(new Set(made).size).toBe(10_000)
    expect(msOf(made[0] ?? '')).toBeGreaterThanOrEqual(before)
    expect(made.filter((uuid) => !FORM.test(uuid))).toEqual([])
  })

  it('is greater than the one before, whatever the clock does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 2 ** 48 - 10_000 }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(1, 3, 4_500),
        (clock, each) => {
          let now = 0
          const uuids = new UuidV7(() => now)
          const made: string[] = []
          for (now of clock) for (let i = 0; i < each; i++) made.push(uuids.next())
          expect(made.every((uuid, i) => FORM.test(uuid) && (i === 0 || uuid > String(made[i - 1])))).toBe(true)
        },
      ),
      { numRuns: 20 },
    )
  })
})

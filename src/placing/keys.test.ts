import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BATCH, batchesOf, madeKeys, SAMPLE, sampleOf } from './keys.js'

describe('madeKeys', () => {
  it('are ids of 16 hexadecimal digits, none of them twice', () => {
    const keys = madeKeys('uniform', 50_000, 1)
    const all = new Set(Array.from({ length: keys.count }, (_, index) => keys.keyAt(index)))
    expect(all.size).toBe(50_000)
    for (const key of all) if (!/^[0-9a-f]{16}$/.test(key)) throw new Error(key)
  })

  it('of far indices are others too, and of another seed', () => {
    fc.assert(
      fc.property(fc.nat(999_999_999), fc.nat(999_999_999), fc.nat(), (a, b, seed) => {
        const keys = madeKeys('uniform', 1e9, seed)
        expect(keys.keyAt(a) === keys.keyAt(b)).toBe(a === b)
      }),
    )
    expect(madeKeys('uniform', 1, 1).keyAt(0)).not.toBe(madeKeys('uniform', 1, 2).keyAt(0))
  })

  it('have every hexadecimal digit at every place about equally often', () => {
    const keys = madeKeys('uniform', 16_000, 3)
    const counts = new Map<string, number>()
    for (let index = 0; index < keys.count; index++) {
      for (const [place, digit] of [...keys.keyAt(index)].entries()) {
        const cell = `${place} ${digit}`
        counts.set(cell, (counts.get(cell) ?? 0) + 1)
      }
    }
    // 1,000 expected, standard deviation 31; 256 cells.
    expect(counts.size).toBe(256)
    expect(Math.min(...counts.values())).toBeGreaterThan(1_000 - 5 * 31)
    expect(Math.max(...counts.values())).toBeLessThan(1_000 + 5 * 31)
  })

  it('count on, and by Zipf the k-th is asked for 1 / k^s as often as the first', () => {
    const keys = madeKeys('zipf', 10, 1, 2)
    expect([keys.keyAt(0), keys.keyAt(9)]).toEqual(['user-000000001', 'user-000000010'])
    expect([keys.requestsAt(0), keys.requestsAt(1), keys.requestsAt(9)]).toEqual([1, 1 / 4, 1 / 100])
  })
})

describe('batchesOf', () => {
  it.each([1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH])('has %d keys once, in order', (count) => {
    const keys = madeKeys('zipf', count, 1, 1)
    const batches = [...batchesOf(keys)]
    expect(batches.flatMap((batch) => batch.keys)).toEqual(Array.from({ length: count }, (_, i) => keys.keyAt(i)))
    expect(Math.max(...batches.map((batch) => batch.keys.length))).toBeLessThanOrEqual(BATCH)
    expect(batches.flatMap((batch) => [...(batch.requests ?? [])]).length).toBe(count)
    expect([...batchesOf(madeKeys('uniform', count, 1))].every(({ requests }) => requests === null)).toBe(true)
  })
})

describe('sampleOf', () => {
  it('is all of a few keys and some of many, sorted', () => {
    expect(sampleOf(madeKeys('sequential', 3, 1))).toEqual(['user-000000001', 'user-000000002', 'user-000000003'])
    const sample = sampleOf(madeKeys('uniform', 1e9, 1))
    expect(new Set(sample).size).toBe(SAMPLE)
    expect(sample).toEqual(sample.toSorted())
  })
})

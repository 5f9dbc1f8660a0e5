import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Histogram } from '../stats/histogram.js'
import { mergeResults, mergeTicks } from './merge.js'
import type { LoadResult, LoadTick } from './port.js'

const encode = (values: readonly number[]): string => {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram.encode()
}

const counts = fc.nat({ max: 1_000 })
const histogram = fc.array(fc.double({ min: 0.01, max: 5_000, noNaN: true }), { maxLength: 20 }).map(encode)
const health = fc.record({
  cpu: fc.double({ min: 0, max: 1 }),
  eventLoopDelayMs: counts,
  latenessMs: counts,
  backlog: counts,
})
const byKey = fc.dictionary(fc.constantFrom('200', '404', '503'), counts)
const instances = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.record({ answered: counts, http_error: counts, response: histogram }),
  { noNullPrototype: true },
)
const tick: fc.Arbitrary<LoadTick> = fc.record({
  from: fc.constant(500),
  to: fc.constant(1_000),
  phase: fc.constant('measuring' as const),
  due: counts,
  sent: counts,
  ok: counts,
  http_error: counts,
  lost: counts,
  statuses: byKey,
  losses: byKey,
  response: histogram,
  service: histogram,
  errorResponse: histogram,
  instances,
  generator: health,
  journal: fc.constant(null),
})

describe('mergeTicks', () => {
  it('adds counts and histograms and takes the worst of the generators', () => {
    fc.assert(
      fc.property(fc.array(tick, { minLength: 1, maxLength: 4 }), (ticks) => {
        const merged = mergeTicks(ticks)
        const sum = (numberOf: (one: LoadTick) => number): number => ticks.reduce((all, one) => all + numberOf(one), 0)
        const answered = (one: LoadTick): number => Object.values(one.instances).reduce((all, i) => all + i.answered, 0)
        for (const field of ['due', 'sent', 'ok', 'http_error', 'lost'] as const) {
          expect(merged[field]).toBe(sum((one) => one[field]))
        }
        for (const field of ['response', 'service', 'errorResponse'] as const) {
          expect(Histogram.decode(merged[field]).count).toBe(sum((one) => Histogram.decode(one[field]).count))
        }
        expect(answered(merged)).toBe(sum(answered))
        expect(merged.statuses['404'] ?? 0).toBe(sum((one) => one.statuses['404'] ?? 0))
        expect(merged.generator.cpu).toBe(Math.max(...ticks.map((one) => one.generator.cpu)))
        expect(merged.generator.backlog).toBe(sum((one) => one.generator.backlog))
        expect([merged.from, merged.to]).toEqual([500, 1_000])
      }),
    )
  })

  it('has nothing to make of nothing', () => {
    expect(() => mergeTicks([])).toThrow()
    expect(() => mergeResults([])).toThrow()
  })
})

describe('mergeResults', () => {
  const part: LoadResult = {
    generators: 1,
    ledger: { due: 10, sent: 9, ok: 6, http_error: 1, lost: 2, unfinished: 1 },
    statuses: { 200: 6, 503: 1 },
    losses: { reset: 2 },
    warmupRequests: 3,
    measuredMs: 1_000,
    achievedRps: 7,
    goodputRps: 6,
    response: encode([1, 2, 3]),
    service: encode([1]),
    errorResponse: encode([9]),
    instances: { a: { answered: 7, http_error: 1, response: encode([1, 2, 3]) } },
    generator: { cpu: 0.5, eventLoopDelayMs: 1, latenessMs: 2, backlog: 1 },
    journal: null,
    complete: true,
  }
  it('adds the parts up', () => {
    const other: LoadResult = {
      ...part,
      generator: { cpu: 0.2, eventLoopDelayMs: 5, latenessMs: 1, backlog: 2 },
      instances: { b: { answered: 7, http_error: 1, response: encode([4]) } },
      measuredMs: 990,
      complete: false,
    }
    expect(mergeResults([part, other])).toMatchObject({
      generators: 2,
      ledger: { due: 20, sent: 18, ok: 12, http_error: 2, lost: 4, unfinished: 2 },
      statuses: { 200: 12, 503: 2 },
      losses: { reset: 4 },
      warmupRequests: 6,
      measuredMs: 1_000,
      achievedRps: 14,
      goodputRps: 12,
      instances: { a: { answered: 7 }, b: { answered: 7 } },
      generator: { cpu: 0.5, eventLoopDelayMs: 5, latenessMs: 2, backlog: 3 },
      complete: false,
    })
  })
})

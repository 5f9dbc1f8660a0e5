import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REQUEST_KINDS } from '../core/load.js'
import { Histogram } from '../stats/histogram.js'
import { MOST_FAILURES } from './journal-tally.js'
import { mergeResults, mergeTicks } from './merge.js'
import type { Journal, LoadResult, LoadTick } from './port.js'

const histogramOf = (values: readonly number[]): Histogram => {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

const counts = fc.nat({ max: 1_000 })
const histogram = fc.array(fc.double({ min: 0.01, max: 5_000, noNaN: true }), { maxLength: 20 }).map(histogramOf)
const encoded = histogram.map((one) => one.encode())
const histogramCounts = histogram.map((one) => one.counts)
const health = fc.record({
  cpu: fc.double({ min: 0, max: 1 }),
  busy: fc.double({ min: 0, max: 1 }),
  eventLoopDelayMs: counts,
  pausedMs: counts,
  latenessMs: counts,
  backlog: counts,
})
const byKey = fc.dictionary(fc.constantFrom('200', '404', '503'), counts)
const instances = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.record({ answered: counts, http_error: counts, response: histogramCounts }),
  { noNullPrototype: true },
)
const write = fc.record({
  key: fc.string(),
  kind: fc.constantFrom('write' as const, 'order' as const),
  due_ms: counts,
  sent_ms: counts,
  done_ms: counts,
  outcome: fc.constantFrom('acknowledged' as const, 'refused' as const, 'unknown' as const),
  status: fc.constant(null),
  node: fc.constant(null),
})
const failure = fc.record({
  due_ms: counts,
  done_ms: counts,
  kind: fc.constantFrom(...REQUEST_KINDS),
  cause: fc.constant('reset'),
})
const journal: fc.Arbitrary<Journal> = fc.record({
  writes: fc.array(write, { maxLength: 5 }),
  reads: fc.record({ checked: counts, stale: counts, backwards: counts, age: encoded }),
  failures: fc.array(failure, { maxLength: 5 }),
  nodes: fc.dictionary(
    fc.constantFrom('primary', 'standby-1'),
    fc.record({ read: counts, order: counts }, { requiredKeys: [] }),
    { noNullPrototype: true },
  ),
  latency: fc.dictionary(fc.constantFrom('shard-1', 'shard-2'), encoded, { noNullPrototype: true }),
  gathered: counts,
})
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
  errors: fc.dictionary(
    fc.constantFrom('401', '500'),
    fc.constant({ contentType: null, body: new Uint8Array(), more: false }),
    { noNullPrototype: true },
  ),
  connectFailures: byKey,
  response: histogramCounts,
  service: histogramCounts,
  errorResponse: histogramCounts,
  instances,
  generator: health,
  journal: fc.option(journal, { nil: null }),
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
          expect(Histogram.ofCounts(merged[field]).count).toBe(sum((one) => Histogram.ofCounts(one[field]).count))
        }
        expect(answered(merged)).toBe(sum(answered))
        expect(merged.statuses['404'] ?? 0).toBe(sum((one) => one.statuses['404'] ?? 0))
        expect(merged.generator.cpu).toBe(Math.max(...ticks.map((one) => one.generator.cpu)))
        expect(merged.generator.backlog).toBe(sum((one) => one.generator.backlog))
        expect([merged.from, merged.to]).toEqual([500, 1_000])
      }),
    )
  })

  it('puts journals together in the order in which requests ended', () => {
    fc.assert(
      fc.property(fc.array(tick, { minLength: 1, maxLength: 4 }), (ticks) => {
        const merged = mergeTicks(ticks).journal
        const parts = ticks.flatMap((one) => one.journal ?? [])
        if (parts.length === 0) {
          expect(merged).toBeNull()
          return
        }
        const sum = (numberOf: (one: Journal) => number): number => parts.reduce((all, one) => all + numberOf(one), 0)
        const order = ticks.length === 1 ? [] : (merged?.writes.map(({ done_ms }) => done_ms) ?? [])
        expect(order).toEqual(order.toSorted((a, b) => a - b))
        expect(new Set(merged?.writes)).toEqual(new Set(parts.flatMap(({ writes }) => writes)))
        expect(merged?.writes).toHaveLength(sum(({ writes }) => writes.length))
        expect(merged?.failures).toHaveLength(sum(({ failures }) => failures.length))
        for (const field of ['checked', 'stale', 'backwards'] as const) {
          expect(merged?.reads[field]).toBe(sum(({ reads }) => reads[field]))
        }
        const ages = (one: Journal | null): number => (one === null ? 0 : Histogram.decode(one.reads.age).count)
        expect(ages(merged)).toBe(sum(ages))
        const reads = (one: Journal | null): number => one?.nodes.primary?.read ?? 0
        expect(reads(merged)).toBe(sum(reads))
        expect(merged?.gathered).toBe(sum(({ gathered }) => gathered))
        for (const shard of ['shard-1', 'shard-2']) {
          const answers = (one: Journal | null): number => {
            const latency = one?.latency[shard]
            return latency === undefined ? 0 : Histogram.decode(latency).count
          }
          expect(answers(merged)).toBe(sum(answers))
        }
      }),
    )
  })

  it('keeps the first of too many failures', () => {
    const [one] = fc.sample(tick, { numRuns: 1, seed: 1 })
    if (one === undefined) throw new Error('no sample')
    const failing = (from: number): LoadTick => ({
      ...one,
      journal: {
        writes: [],
        reads: { checked: 0, stale: 0, backwards: 0, age: histogramOf([]).encode() },
        failures: Array.from({ length: MOST_FAILURES }, (_, i) => ({
          due_ms: 0,
          done_ms: from + 2 * i,
          kind: 'read' as const,
          cause: 'reset',
        })),
        nodes: {},
        latency: {},
        gathered: 0,
      },
    })
    const failures = mergeTicks([failing(0), failing(1)]).journal?.failures ?? []
    expect(failures.map(({ done_ms }) => done_ms)).toEqual(Array.from({ length: MOST_FAILURES }, (_, i) => i))
  })

  it('has nothing to make of nothing', () => {
    expect(() => mergeTicks([])).toThrow()
    expect(() => mergeResults([])).toThrow()
  })
})

describe('mergeResults', () => {
  it('adds up who answered whom, and cannot tell where one part cannot', () => {
    const merge = (...parts: LoadResult['clients'][]) =>
      mergeResults(parts.map((clients) => ({ ...part, clients }))).clients
    expect(merge({ a: [1, 0], b: [0, 2] }, { a: [1, 1], c: [0, 3] })).toEqual({ a: [2, 1], b: [0, 2], c: [0, 3] })
    expect(merge({ a: [1] }, null)).toBeNull()
  })

  const part: LoadResult = {
    generators: 1,
    ledger: { due: 10, sent: 9, ok: 6, http_error: 1, lost: 2, unfinished: 1 },
    statuses: { 200: 6, 503: 1 },
    losses: { reset: 2 },
    errors: { 503: { contentType: 'text/plain', body: Buffer.from('busy'), more: false } },
    connectFailures: { ECONNREFUSED: 1 },
    warmupRequests: 3,
    measuredMs: 1_000,
    achievedRps: 7,
    goodputRps: 6,
    response: histogramOf([1, 2, 3]).encode(),
    service: histogramOf([1]).encode(),
    errorResponse: histogramOf([9]).encode(),
    instances: { a: { answered: 7, http_error: 1, response: histogramOf([1, 2, 3]).encode() } },
    generator: { cpu: 0.5, busy: 0.6, eventLoopDelayMs: 1, pausedMs: 30, latenessMs: 2, backlog: 1 },
    clients: null,
    journal: null,
    complete: true,
  }
  it('adds the parts up', () => {
    const other: LoadResult = {
      ...part,
      generator: { cpu: 0.2, busy: 0.9, eventLoopDelayMs: 5, pausedMs: 20, latenessMs: 1, backlog: 2 },
      instances: { b: { answered: 7, http_error: 1, response: histogramOf([4]).encode() } },
      measuredMs: 990,
      complete: false,
    }
    expect(mergeResults([part, other])).toMatchObject({
      generators: 2,
      ledger: { due: 20, sent: 18, ok: 12, http_error: 2, lost: 4, unfinished: 2 },
      statuses: { 200: 12, 503: 2 },
      losses: { reset: 4 },
      errors: { 503: { body: Buffer.from('busy') } },
      connectFailures: { ECONNREFUSED: 2 },
      warmupRequests: 6,
      measuredMs: 1_000,
      achievedRps: 14,
      goodputRps: 12,
      instances: { a: { answered: 7 }, b: { answered: 7 } },
      generator: { cpu: 0.5, busy: 0.9, eventLoopDelayMs: 5, pausedMs: 30, latenessMs: 2, backlog: 3 },
      complete: false,
    })
  })
})

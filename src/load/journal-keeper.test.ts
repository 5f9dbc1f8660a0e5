import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REQUEST_KINDS, type Workload } from '../core/load.js'
import { Histogram } from '../stats/histogram.js'
import { type Answer, noAnswer } from './answer.js'
import { JournalKeeper, outcomeOf } from './journal-keeper.js'
import { MOST_FAILURES } from './journal-tally.js'
import type { Journal, WriteOutcome } from './port.js'
import { Schedule } from './schedule.js'
import { DispatcherBench } from './testing/dispatcher-bench.js'
import { idempotencyKeys, type Task, tasksOf } from './workload.js'

const ALONE = { index: 0, of: 1 }
const WORKLOAD: Workload = {
  mix: REQUEST_KINDS.map((kind) => ({ kind, weight: 1 })),
  keys: { distribution: 'uniform', count: 5, exponent: 1 },
  consistency: 'default',
  run: 'run-1',
}
const allKinds = tasksOf(WORKLOAD, 1, ALONE)

function keeper(tasks: (k: number) => Task = allKinds): JournalKeeper {
  return new JournalKeeper({ tasks, keyOf: idempotencyKeys(WORKLOAD, 0), firstVersion: 0 })
}

/** A keeper of requests whose kinds stand in a list, all of one user and product. */
const keeperOf = (...kinds: Task['kind'][]): JournalKeeper =>
  keeper((k) => ({ kind: kinds[k] ?? 'browse', user: 0, product: 0, payee: kinds[k] === 'transfer' ? 1 : null }))

const answer = (more: Partial<Answer>): Answer => ({ ...noAnswer(), status: 200, instance: 'api-1', ...more })

describe('outcomeOf', () => {
  it.each<[number, string | null, WriteOutcome]>([
    [200, null, 'acknowledged'],
    [201, null, 'acknowledged'],
    [204, null, 'acknowledged'],
    [400, null, 'refused'],
    [409, null, 'refused'],
    [409, 'refused', 'refused'],
    [500, null, 'unknown'],
    [502, null, 'unknown'],
    [503, null, 'unknown'],
    [503, 'refused', 'refused'],
    [503, 'unknown', 'unknown'],
    [499, 'unknown', 'unknown'],
    [503, 'perhaps', 'unknown'],
  ])('of %d with %j is %s', (status, outcome, expected) => {
    expect(outcomeOf(answer({ status, outcome }))).toBe(expected)
  })
})

/** One thing that happens, some time after the one before, to a connection picked among those it can happen to. */
const happening = fc.record({
  afterMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 30, noNaN: true })),
  what: fc.constantFrom('connect', 'connect', 'answer', 'answer', 'reset', 'closed', 'unsent', 'down', 'sweep'),
  status: fc.constantFrom(200, 201, 409, 500, 503),
  outcome: fc.constantFrom(null, 'refused', 'unknown'),
  which: fc.nat(),
})

/** Who answered: one server or another, several shards together, or nobody said. */
const servers = [{ node: 'db-1' }, { node: 'db-2' }, { gathered: true }, {}]

describe('JournalKeeper', () => {
  it.each(['open', 'closed'] as const)('gives every write exactly one outcome, whatever happens (%s loop)', (mode) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(happening, { maxLength: 150 }),
        fc.boolean(),
        (n, happenings, stops) => {
          const bench = new DispatcherBench(n, mode, {}, keeper())
          const { dispatcher } = bench
          /** What a bystander would say of each request, by its number; those in flight or never sent are missing. */
          const said = new Map<number, WriteOutcome>()
          const pick = (from: readonly number[], which: number): number | undefined =>
            from[which % Math.max(1, from.length)]
          const numberOn = (connection: number): number =>
            bench.sent.findLast((sent) => sent.connection === connection)?.k ?? -1
          for (const { afterMs, what, status, outcome, which } of happenings) {
            bench.now += afterMs
            const busy = pick([...bench.busy], which)
            if (what === 'connect') {
              const connection = pick(
                [...Array(n).keys()].filter((c) => !bench.busy.has(c) && !bench.idle.has(c)),
                which,
              )
              if (connection !== undefined) bench.connect(connection)
            } else if (what === 'down') {
              const connection = pick([...bench.idle], which)
              if (connection === undefined) continue
              bench.idle.delete(connection)
              dispatcher.onDown(connection)
            } else if (what === 'sweep') {
              const before = bench.abandoned.length
              dispatcher.sweep(bench.now)
              for (const connection of bench.abandoned.slice(before)) said.set(numberOn(connection), 'unknown')
            } else if (busy === undefined) continue
            else if (what === 'answer') {
              said.set(numberOn(busy), outcomeOf(answer({ status, outcome })))
              bench.answer(busy, { status, outcome, instance: 'a', ...servers[which % servers.length] })
            } else {
              if (what !== 'unsent') said.set(numberOn(busy), 'unknown')
              bench.end(busy, what)
            }
          }
          if (stops) dispatcher.stop()
          bench.now = Math.max(bench.now, bench.window.endMs)
          if (!stops) dispatcher.pump(bench.now)
          for (const connection of bench.busy) said.set(numberOn(connection), 'unknown')

          const { journal } = bench.finish()
          const due = mode === 'open' ? numbersDue() : new Set(bench.sent.map(({ k }) => k))
          const expected = [...due]
            .filter((k) => ['write', 'order', 'transfer'].includes(allKinds(k).kind))
            .map((k): [string, WriteOutcome] => [`run-1-0-${k}`, said.get(k) ?? 'refused'])
          const writes = journal?.writes ?? []
          expect(writes).toHaveLength(expected.length)
          expect(new Map(writes.map(({ key, outcome }) => [key, outcome]))).toEqual(new Map(expected))
          for (const { due_ms, sent_ms, done_ms } of writes) {
            expect(due_ms).toBeLessThanOrEqual(sent_ms)
            expect(sent_ms).toBeLessThanOrEqual(done_ms)
          }
          expectTicksToAddUp(
            bench.ticks.map((tick) => tick.journal),
            journal,
          )
        },
      ),
      { numRuns: 300 },
    )
  })

  it('says when, by whom and with which status a write ended', () => {
    const journal = keeperOf('write', 'order', 'write', 'write')
    journal.sent(0, 12.3456)
    journal.answered(0, 10, 20, answer({ status: 200, node: 'primary', lsn: '0/1' }))
    journal.sent(1, 13)
    journal.answered(1, 11, 21, answer({ status: 409, node: 'primary' }))
    journal.sent(2, 14)
    journal.lost(2, 12, 22, 'timeout')
    journal.neverSent(3, 13, 23)
    const { writes, failures } = journal.takeWhole()
    const entry = { status: null, node: null }
    expect(writes).toEqual([
      {
        key: 'run-1-0-0',
        kind: 'write',
        due_ms: 10,
        sent_ms: 12.346,
        done_ms: 20,
        outcome: 'acknowledged',
        status: 200,
        node: 'primary',
      },
      {
        key: 'run-1-0-1',
        kind: 'order',
        due_ms: 11,
        sent_ms: 13,
        done_ms: 21,
        outcome: 'refused',
        status: 409,
        node: 'primary',
      },
      { key: 'run-1-0-2', kind: 'write', due_ms: 12, sent_ms: 14, done_ms: 22, outcome: 'unknown', ...entry },
      { key: 'run-1-0-3', kind: 'write', due_ms: 13, sent_ms: 23, done_ms: 23, outcome: 'refused', ...entry },
    ])
    expect(failures.map(({ kind, cause }) => [kind, cause])).toEqual([
      ['order', 'http 409'],
      ['write', 'timeout'],
      ['write', 'never sent'],
    ])
  })

  it('holds reads against the writes that were acknowledged before them', () => {
    const journal = keeperOf('write', 'read', 'read', 'read', 'write', 'read')
    const { version } = journal.sent(0, 0)
    journal.sent(1, 1)
    journal.answered(0, 0, 10, answer({ node: 'primary' }))
    // Sent before the acknowledgement: it may miss the write.
    journal.answered(1, 1, 11, answer({ version: 0, node: 'standby-1' }))
    journal.sent(2, 30)
    journal.answered(2, 30, 31, answer({ version: 0, node: 'standby-1' }))
    journal.sent(3, 40)
    journal.answered(3, 40, 41, answer({ version, node: 'standby-2' }))
    // A failed write and a failed read say nothing.
    journal.sent(4, 50)
    journal.answered(4, 50, 51, answer({ status: 503, outcome: 'refused' }))
    journal.sent(5, 60)
    journal.answered(5, 60, 61, answer({ status: 503, version: 0 }))
    const { reads, nodes } = journal.takeWhole()
    expect(reads).toMatchObject({ checked: 2, stale: 1, backwards: 0 })
    const { count, max } = Histogram.decode(reads.age).percentiles()
    expect(count).toBe(1)
    expect(max).toBeCloseTo(20, 1)
    expect(nodes).toEqual({ primary: { write: 1 }, 'standby-1': { read: 2 }, 'standby-2': { read: 1 } })
  })

  it('takes "no such user" after an acknowledged write for what it is: the write is not there', () => {
    const journal = keeperOf('write', 'read')
    journal.sent(0, 0)
    journal.answered(0, 0, 10, answer({}))
    journal.sent(1, 20)
    journal.answered(1, 20, 21, answer({ status: 404 }))
    expect(journal.takeWhole().reads).toMatchObject({ checked: 1, stale: 1 })
  })

  it('demands of reads what their client was told', () => {
    const journal = keeperOf('write', 'order', 'read', 'browse', 'write')
    expect(journal.sent(2, 0).afterLsn).toBeNull()
    journal.sent(0, 0)
    journal.answered(0, 0, 1, answer({ lsn: '0/20' }))
    expect(journal.sent(2, 2).afterLsn).toBe('0/20')
    // Nobody wrote the product yet: the last write of all.
    expect(journal.sent(3, 2).afterLsn).toBe('0/20')
    journal.sent(1, 3)
    journal.answered(1, 3, 4, answer({ lsn: '0/30' }))
    expect(journal.sent(2, 5).afterLsn).toBe('0/20')
    expect(journal.sent(3, 5).afterLsn).toBe('0/30')
    expect(journal.sent(4, 5).afterLsn).toBeNull()
    // What failed is not waited for.
    journal.answered(4, 5, 6, answer({ status: 503, lsn: '9/9' }))
    expect(journal.sent(2, 7).afterLsn).toBe('0/20')
  })

  it('keeps how long each server took since a request was due, of good answers alone, and what was gathered', () => {
    const journal = keeperOf('read', 'transfer', 'list', 'read', 'list')
    const flights = [0, 1, 2, 3, 4].map((k) => journal.sent(k, 10 + k))
    // A listing asks for no position: which of the shards should have reached it?
    expect(flights.map(({ afterLsn }) => afterLsn)).toEqual([null, null, null, null, null])
    journal.answered(0, 0, 20, answer({ node: 'shard-1' }))
    journal.answered(1, 0, 40, answer({ node: 'shard-1', lsn: '0/20' }))
    journal.answered(2, 0, 80, answer({ gathered: true }))
    journal.answered(3, 0, 90, answer({ status: 503, node: 'shard-2' }))
    journal.answered(4, 0, 90, answer({ status: 503, gathered: true }))
    expect(journal.sent(4, 91).afterLsn).toBeNull()
    expect(journal.sent(0, 91).afterLsn).toBe('0/20')
    for (const { nodes, latency, gathered, writes } of [journal.takeTick(), journal.takeWhole()]) {
      expect(nodes).toEqual({ 'shard-1': { read: 1, transfer: 1 }, 'shard-2': { read: 1 } })
      expect(Object.keys(latency)).toEqual(['shard-1'])
      const { count, mean } = Histogram.decode(latency['shard-1'] ?? '').percentiles()
      expect(count).toBe(2)
      expect(mean).toBeCloseTo(30, 1)
      expect(gathered).toBe(2)
      expect(writes.map(({ kind, outcome, node }) => [kind, outcome, node])).toEqual([
        ['transfer', 'acknowledged', 'shard-1'],
      ])
    }
    expect(journal.takeTick()).toMatchObject({ latency: {}, gathered: 0 })
  })

  it('lists no more failures and names no more servers than it may', () => {
    const journal = keeperOf()
    for (let k = 0; k < MOST_FAILURES + 5; k++) {
      journal.sent(k, k)
      journal.answered(k, k, k, answer({ status: 500, node: `db-${k}` }))
    }
    const { failures, nodes } = journal.takeWhole()
    expect(failures).toHaveLength(MOST_FAILURES)
    expect(failures[0]?.due_ms).toBe(0)
    expect(Object.keys(nodes)).toHaveLength(101)
    expect(nodes.other).toEqual({ browse: MOST_FAILURES + 5 - 100 })
  })
})

/** Numbers of all requests of the bench's schedule. */
function numbersDue(): Set<number> {
  const stages = [{ durationMs: 400, rps: 100 }]
  const schedule = new Schedule({ arrival: 'poisson', stages, warmupMs: 100, seed: 5, part: ALONE })
  const numbers = new Set<number>()
  for (; schedule.due < 500; schedule.advance()) numbers.add(schedule.k)
  return numbers
}

/** Of everything that ended, ticks tell what the whole journal tells. */
function expectTicksToAddUp(ticks: readonly (Journal | null)[], whole: Journal | null): void {
  const journals = ticks.flatMap((journal) => journal ?? [])
  expect(journals).toHaveLength(ticks.length)
  expect(journals.flatMap(({ writes }) => writes)).toEqual(whole?.writes)
  expect(journals.flatMap(({ failures }) => failures)).toEqual(whole?.failures)
  for (const node of ['db-1', 'db-2']) {
    const answers = (journal: Journal | null): number => {
      const latency = journal?.latency[node]
      return latency === undefined ? 0 : Histogram.decode(latency).count
    }
    expect(journals.reduce((sum, journal) => sum + answers(journal), 0)).toBe(answers(whole))
  }
  expect(journals.reduce((sum, { gathered }) => sum + gathered, 0)).toBe(whole?.gathered)
}

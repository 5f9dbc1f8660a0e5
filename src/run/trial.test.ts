import { describe, expect, it } from 'vitest'
import { trialSchema } from '../core/trial.js'
import type { Journal, WriteEntry } from '../load/port.js'
import type { Drilled } from './drill.js'
import { ledgerOf } from './ledger.js'
import { trialOf } from './trial.js'

function write(key: string, doneMs: number, more: Partial<WriteEntry> = {}): WriteEntry {
  const outcome = more.outcome ?? 'acknowledged'
  return {
    key,
    kind: 'write',
    due_ms: doneMs - 5,
    sent_ms: doneMs - 4,
    done_ms: doneMs,
    outcome,
    status: 200,
    node: 'primary',
    ...more,
  }
}

function journal(writes: WriteEntry[], failures: [number, string][] = []): Journal {
  return {
    writes,
    reads: { checked: 10, stale: 2, backwards: 1, age: '' },
    failures: failures.map(([done_ms, cause]) => ({ due_ms: done_ms - 100, done_ms, kind: 'read', cause })),
    nodes: {},
    latency: {},
    gathered: 0,
  }
}

const FAULT = { t_ms: 1_000, event: 'fault', node: 'primary', detail: 'kill' } as const

function failover(more: Partial<Drilled> = {}): Drilled {
  return {
    node: 'primary',
    role: 'primary',
    fault: 'kill',
    promoted: 'standby-1',
    events: [
      FAULT,
      { t_ms: 1_010, event: 'detected', node: 'primary', detail: 'connection closed, nobody listens' },
      { t_ms: 1_200, event: 'promoted', node: 'standby-1', detail: 'timeline 2' },
      { t_ms: 2_500, event: 'old node back', node: 'primary', detail: null },
    ],
    diverged: null,
    failure: null,
    ...more,
  }
}

const of = (acted: Drilled, of: Journal, present: string[] = []) =>
  trialOf(acted, of, ledgerOf(of.writes, { ids: new Set(present), duplicated: [] }))

describe('the outage that clients saw', () => {
  it.each<[string, WriteEntry[], { ms: number; ended: boolean } | null]>([
    [
      'from the last write before to the first after',
      [write('a', 990), write('b', 1_700), write('c', 1_710)],
      { ms: 710, ended: true },
    ],
    [
      'none was acknowledged any more',
      [write('a', 990), write('b', 4_000, { outcome: 'unknown' })],
      { ms: 3_010, ended: false },
    ],
    ['none was sent', [], null],
    [
      'it began later, and is the longest',
      [write('a', 990), write('b', 1_010), write('c', 1_500)],
      { ms: 490, ended: true },
    ],
    [
      'refused ones are none',
      [write('a', 990), write('b', 1_100, { outcome: 'refused' }), write('c', 1_300)],
      { ms: 310, ended: true },
    ],
  ])('%s', (_, writes, outage) => {
    expect(of(failover(), journal(writes)).outage).toEqual(outage)
  })

  it('is told of a drill that was given up, with who was promoted', () => {
    const acted = failover({ promoted: null, failure: new Error('terminating connection') })
    const trial = of(acted, journal([write('a', 990), write('b', 1_600, { node: 'standby-1' })]))
    expect(trial).toMatchObject({ promoted: 'standby-1', rto_ms: 600, outage: { ms: 610, ended: true } })
  })
})

describe('what a drill of the primary cost', () => {
  const seen = journal(
    [
      write('a', 900),
      // Answered by the old primary though the fault had struck: it was on its way.
      write('b', 1_002),
      write('c', 1_100, { outcome: 'unknown', node: null, status: null }),
      write('d', 1_320, { node: 'standby-1' }),
      write('e', 1_310, { node: 'standby-1' }),
      write('f', 1_305, { node: 'standby-1', outcome: 'refused', status: 503 }),
    ],
    [
      [950, 'http 500'],
      [1_290, 'http 503'],
      [1_100, 'reset'],
      [4_000, 'never sent'],
    ],
  )
  const trial = of(failover(), seen, ['a', 'c', 'd', 'e'])

  it('is read off its timeline and the journal of the clients', () => {
    expect(trialSchema.parse(trial)).toEqual(trial)
    expect(trial).toMatchObject({
      rto_ms: 310,
      detected_ms: 10,
      promoted_ms: 200,
      back_ms: 1_500,
      back_after_failover_ms: 1_190,
      acknowledged: 4,
      lost: ['b'],
      refused: 1,
      unknown: 1,
      recovered: 1,
      duplicated: [],
      diverged: null,
      stale_reads: 2,
      backwards_reads: 1,
      // Neither what failed before the fault nor what the end of the load cut off.
      failed_requests: 2,
    })
  })

  it('has the moments of the clients in its timeline, all in their order', () => {
    expect(trial.timeline.map(({ t_ms, event, detail }) => [t_ms, event, detail])).toEqual([
      [1_000, 'fault', 'kill'],
      [1_010, 'detected', 'connection closed, nobody listens'],
      [1_100, 'first failed request', 'reset'],
      [1_200, 'promoted', 'timeline 2'],
      [1_290, 'last failed request', null],
      [1_310, 'first acknowledged write', null],
      [2_500, 'old node back', null],
    ])
  })

  it('has no recovery time when no write of the new primary was acknowledged', () => {
    const dead = of(failover(), journal([write('a', 900), write('b', 1_300, { node: 'standby-2' })]))
    expect(dead).toMatchObject({ rto_ms: null, back_after_failover_ms: null })
    const undone = of(failover({ promoted: null, events: [FAULT], failure: new Error('no') }), seen)
    expect(undone).toMatchObject({ rto_ms: null, promoted_ms: null, back_ms: null, detected_ms: null, promoted: null })
  })

  it('has none either when it was broken off before the fault', () => {
    const early = of(failover({ events: [], promoted: null }), seen)
    expect(early).toMatchObject({ rto_ms: null, failed_requests: 0, detected_ms: null })
  })

  it('counts the rows that only the old primary had', () => {
    expect(of(failover({ diverged: '{"request_key":"b"}\n{"request_key":"x"}\n' }), seen).diverged).toBe(2)
  })

  it('counts nothing as lost that could not be read back', () => {
    const unread = trialOf(failover(), seen, ledgerOf(seen.writes, null))
    expect(unread).toMatchObject({ lost: [], recovered: 0, duplicated: [] })
  })
})

describe.each(['standby', 'api'] as const)('what a drill of another node cost: %s', (role) => {
  const acted = failover({ node: 'x', role, promoted: null, events: [FAULT] })

  it('lasts until the last request that failed', () => {
    const trial = of(
      acted,
      journal(
        [write('a', 1_900)],
        [
          [1_700, 'http 502'],
          [1_040, 'closed'],
          [5_000, 'never sent'],
        ],
      ),
    )
    expect(trial).toMatchObject({ rto_ms: 700, failed_requests: 2 })
  })

  it('is nothing when no request failed', () => {
    expect(of(acted, journal([write('a', 1_900)], [[950, 'http 502']]))).toMatchObject({
      rto_ms: 0,
      failed_requests: 0,
    })
  })

  it('has no end while writes still fail', () => {
    const trial = of(acted, journal([write('a', 1_600)], [[1_700, 'unfinished']]))
    expect(trial.rto_ms).toBeNull()
  })

  it('of a load without writes it ends with the last request that failed', () => {
    expect(of(acted, journal([], [[1_700, 'http 502']])).rto_ms).toBe(700)
  })
})

describe('what a drill of an instance cost', () => {
  const frozen = failover({ node: 'api-1', role: 'api', fault: 'pause', promoted: null, events: [FAULT] })

  it('counts writes that waited for more than a second, though no request failed', () => {
    const waited = journal([
      write('a', 900),
      write('b', 3_100, { due_ms: 1_100 }),
      write('c', 3_150, { due_ms: 2_900 }),
      write('d', 3_200),
    ])
    expect(of(frozen, waited)).toMatchObject({ rto_ms: 2_100, failed_requests: 0 })
  })

  it('is nothing where none waited', () => {
    expect(of(frozen, journal([write('a', 900), write('b', 1_900, { due_ms: 1_000 })]))).toMatchObject({ rto_ms: 0 })
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type KnownVersions, SessionBook } from './session-book.js'

const USER = 3

/** Acknowledgements (version, moment), then a read sent at a moment that returns a version. */
interface Row {
  name: string
  acks: [version: number, at: number][]
  /** Versions that reads had returned before this one was sent. */
  seen?: number[]
  sentAt: number
  /** Acknowledged after it was sent and before its answer. */
  late?: [version: number, at: number][]
  /** Returned by reads that ended after it was sent and before its answer. */
  lateSeen?: number[]
  returns: number
  expected: { checked: boolean; staleMs: number | null; backwards: boolean }
}

const fresh = { checked: true, staleMs: null, backwards: false }

describe('SessionBook', () => {
  it.each<Row>([
    { name: 'nothing written yet', acks: [], sentAt: 5, returns: 0, expected: { ...fresh, checked: false } },
    { name: 'its own last write', acks: [[1, 10]], sentAt: 20, returns: 1, expected: fresh },
    { name: 'a newer write than was acknowledged', acks: [[1, 10]], sentAt: 20, returns: 2, expected: fresh },
    { name: 'the only write missed', acks: [[1, 10]], sentAt: 20, returns: 0, expected: { ...fresh, staleMs: 10 } },
    {
      name: 'several missed: the age is that of the first of them',
      acks: [
        [1, 10],
        [2, 20],
        [3, 30],
      ],
      sentAt: 100,
      returns: 1,
      expected: { ...fresh, staleMs: 80 },
    },
    {
      name: 'the last one missed',
      acks: [
        [1, 10],
        [2, 20],
        [3, 30],
      ],
      sentAt: 100,
      returns: 2,
      expected: { ...fresh, staleMs: 70 },
    },
    {
      // 2 could only be overtaken by something newer: whoever misses 5 has missed it since 10.
      name: 'acknowledged in another order than written',
      acks: [
        [5, 10],
        [2, 20],
      ],
      sentAt: 50,
      returns: 1,
      expected: { ...fresh, staleMs: 40 },
    },
    {
      name: 'an older write that was acknowledged last is no news',
      acks: [
        [5, 10],
        [2, 20],
      ],
      sentAt: 50,
      returns: 5,
      expected: fresh,
    },
    {
      name: 'acknowledged after the read was sent: it need not be seen',
      acks: [[1, 10]],
      sentAt: 20,
      late: [[2, 21]],
      returns: 1,
      expected: fresh,
    },
    {
      name: 'nothing acknowledged before it was sent',
      acks: [],
      sentAt: 20,
      late: [[1, 21]],
      returns: 0,
      expected: { ...fresh, checked: false },
    },
    {
      name: 'older than an earlier read, of a write that nobody acknowledged',
      acks: [[1, 10]],
      seen: [4],
      sentAt: 20,
      returns: 3,
      expected: { ...fresh, backwards: true },
    },
    {
      name: 'older than the newest of the earlier reads',
      acks: [],
      seen: [4, 2],
      sentAt: 20,
      returns: 3,
      expected: { checked: false, staleMs: null, backwards: true },
    },
    {
      name: 'older than a read that was under way at the same time',
      acks: [[1, 10]],
      seen: [1],
      sentAt: 20,
      lateSeen: [2],
      returns: 1,
      expected: fresh,
    },
    {
      name: 'both: it misses a write and goes back',
      acks: [
        [1, 10],
        [2, 15],
      ],
      seen: [2],
      sentAt: 18,
      returns: 1,
      expected: { checked: true, staleMs: 3, backwards: true },
    },
  ])('a read: $name', ({ acks, seen = [], sentAt, late = [], lateSeen = [], returns, expected }) => {
    const book = new SessionBook(0)
    const read = (version: number): unknown => book.check(USER, version, book.known(USER), 0)
    for (const [version, at] of acks) book.acknowledged(USER, version, at)
    // Another user's session has nothing to do with it.
    book.acknowledged(USER + 1, 100, 1)
    for (const version of seen) read(version)
    const known = book.known(USER)
    for (const [version, at] of late) book.acknowledged(USER, version, at)
    for (const version of lateSeen) read(version)
    expect(book.check(USER, returns, known, sentAt)).toEqual(expected)
  })

  it('finds what a look at the whole history finds', () => {
    const step = fc.record({
      what: fc.constantFrom('acknowledge', 'send', 'end'),
      version: fc.integer({ min: 0, max: 12 }),
      which: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const book = new SessionBook(0)
        const acks: { version: number; at: number }[] = []
        const ended: { version: number; at: number }[] = []
        const under: { known: KnownVersions; sentAt: number }[] = []
        steps.forEach(({ what, version, which }, at) => {
          if (what === 'acknowledge' && version > 0) {
            book.acknowledged(USER, version, at)
            acks.push({ version, at })
          } else if (what === 'send') under.push({ known: book.known(USER), sentAt: at })
          else if (what === 'end' && under.length > 0) {
            const [read] = under.splice(which % under.length, 1)
            if (read === undefined) return
            const before = acks.filter((ack) => ack.at < read.sentAt)
            const missed = before.filter((ack) => ack.version > version).map((ack) => ack.at)
            const newer = ended.some((other) => other.at < read.sentAt && other.version > version)
            expect(book.check(USER, version, read.known, read.sentAt)).toEqual({
              checked: before.length > 0,
              staleMs: missed.length === 0 ? null : read.sentAt - Math.min(...missed),
              backwards: newer,
            })
            ended.push({ version, at })
          }
        })
      }),
      { numRuns: 500 },
    )
  })

  it('counts versions up for each user, above the first', () => {
    const book = new SessionBook(1_000)
    expect([book.nextVersion(1), book.nextVersion(1), book.nextVersion(2), book.nextVersion(1)]).toEqual([
      1_001, 1_002, 1_001, 1_003,
    ])
  })
})

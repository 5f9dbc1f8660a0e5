import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WriteEntry, WriteOutcome } from '../load/port.js'
import { ledgerOf } from './ledger.js'

const entry = (key: string, outcome: WriteOutcome): WriteEntry => ({
  key,
  kind: 'write',
  due_ms: 0,
  sent_ms: 0,
  done_ms: 1,
  outcome,
  status: outcome === 'acknowledged' ? 200 : null,
  node: null,
})

describe('the ledger of writes', () => {
  const writes = [
    entry('a', 'acknowledged'),
    entry('b', 'acknowledged'),
    entry('c', 'unknown'),
    entry('d', 'unknown'),
    entry('e', 'refused'),
  ]

  it('acknowledged and missing is lost, unknown and present is recovered', () => {
    expect(ledgerOf(writes, { ids: new Set(['b', 'c', 'other']), duplicated: ['b'] })).toEqual({
      acknowledged: 2,
      refused: 1,
      unknown: 2,
      lost: ['a'],
      recovered: 1,
      duplicated: ['b'],
    })
  })

  it('says nothing of what could not be read back', () => {
    const { lost, recovered, duplicated, acknowledged } = ledgerOf(writes, null)
    expect({ lost, recovered, duplicated, acknowledged }).toEqual({
      lost: null,
      recovered: null,
      duplicated: null,
      acknowledged: 2,
    })
  })

  it('agrees with a checker that asks of every key by itself', () => {
    const outcome = fc.constantFrom<WriteOutcome>('acknowledged', 'refused', 'unknown')
    // What a key was told, and how often the database holds it.
    const history = fc.dictionary(fc.stringMatching(/^k\d{1,3}$/), fc.tuple(outcome, fc.integer({ min: 0, max: 3 })))
    fc.assert(
      fc.property(history, fc.array(fc.stringMatching(/^stranger-\d$/)), (keys, strangers) => {
        const told = Object.entries(keys)
        const held = told.flatMap(([key, [, times]]) => Array.from({ length: times }, () => key))
        const ledger = ledgerOf(
          told.map(([key, [what]]) => entry(key, what)),
          {
            ids: new Set([...held, ...strangers]),
            duplicated: told.filter(([, [, times]]) => times > 1).map(([key]) => key),
          },
        )
        let [acknowledged, refused, unknown, recovered] = [0, 0, 0, 0]
        const lost: string[] = []
        for (const [key, [what]] of told) {
          const there = held.indexOf(key) >= 0
          if (what === 'refused') refused++
          if (what === 'acknowledged') acknowledged++
          if (what === 'acknowledged' && !there) lost.push(key)
          if (what === 'unknown') unknown++
          if (what === 'unknown' && there) recovered++
        }
        expect(ledger).toMatchObject({ acknowledged, refused, unknown, recovered, lost })
        expect(ledger.duplicated).toEqual(
          told.filter(([key]) => held.filter((k) => k === key).length > 1).map(([key]) => key),
        )
      }),
    )
  })
})

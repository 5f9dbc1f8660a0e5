import { describe, expect, it } from 'vitest'
import type { ServerFacts, Survey } from './database-survey.js'
import { walReceiverReadings } from './wal-receiver.js'

const facts = (id: string, more: Partial<ServerFacts>): ServerFacts => ({
  id,
  recovery: true,
  timeline: 1,
  position: 1_000,
  senders: [],
  slots: {},
  receiver: 'streaming',
  slot: 'standby_1',
  ...more,
})

function lost(standby: Partial<ServerFacts>, slot: string | null, oldestByte: number | null, primaryUp = true) {
  const primary = facts('primary', { recovery: false, receiver: null, slots: { standby_1: slot } })
  const survey: Survey = {
    servers: [
      { id: 'primary', facts: primaryUp ? primary : null },
      { id: 'standby-1', facts: facts('standby-1', standby) },
    ],
    primary: primaryUp ? primary : null,
  }
  return walReceiverReadings(survey, oldestByte).find(({ kind }) => kind === 'replication.slot_lost')?.value
}

describe('a standby that cannot catch up', () => {
  it.each<[string, Partial<ServerFacts>, string | null, number | null, number | undefined]>([
    ['streams', {}, 'reserved', null, 0],
    ['streams, whatever files there are', {}, 'reserved', 2_000, 0],
    ['lost its slot', {}, 'lost', null, 1],
    ['gets nothing, and its WAL is there', { receiver: null }, 'reserved', 1_000, 0],
    ['gets nothing, and its WAL is gone', { receiver: null }, 'reserved', 1_001, 1],
    ['asks again and again for WAL that is gone', { receiver: 'starting' }, null, 1_001, 1],
    ['gets nothing, and nobody could look', { receiver: null }, 'reserved', null, undefined],
  ])('%s', (_, standby, slot, oldestByte, value) => {
    expect(lost(standby, slot, oldestByte)).toBe(value)
  })

  it('is not known without a primary', () => {
    expect(lost({ receiver: null }, 'lost', null, false)).toBeUndefined()
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeOwners, SLOTS } from '../core/shard-map.js'
import { batchesOf, type Move, movesOf } from './batches.js'

const move = (slot: number, from: string, to: string, rows: number): Move => ({ slot, from, to, rows })

describe('batches', () => {
  it('keep to the rows, and divide no slot', () => {
    const moves = [move(4, 'a', 'b', 60), move(1, 'a', 'b', 50), move(2, 'a', 'b', 50), move(3, 'a', 'b', 500)]
    expect(batchesOf(moves, 100).map(({ slots, rows }) => ({ slots, rows }))).toEqual([
      { slots: [1, 2], rows: 100 },
      { slots: [3], rows: 500 },
      { slots: [4], rows: 60 },
    ])
  })

  it('let pairs of shards take turns', () => {
    const moves = [1, 2, 3].flatMap((slot) => [move(slot, 'a', 'c', 10), move(slot + 10, 'b', 'c', 10)])
    expect(batchesOf(moves, 10).map(({ from }) => from)).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
  })

  it('have every slot once, of one pair each, and no more than is allowed', () => {
    const moves = fc.uniqueArray(
      fc.record({
        slot: fc.nat(SLOTS - 1),
        from: fc.constantFrom('a', 'b'),
        to: fc.constantFrom('c', 'd'),
        rows: fc.nat(300),
      }),
      { selector: ({ slot }) => slot, maxLength: 200 },
    )
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 20 }), (all, rows, slots) => {
        const batches = batchesOf(all, rows, slots)
        const moved = batches.flatMap((batch) =>
          batch.slots.map((slot) => ({ ...all.find((each) => each.slot === slot), from: batch.from, to: batch.to })),
        )
        expect(moved.toSorted((a, b) => (a.slot ?? 0) - (b.slot ?? 0))).toEqual(all.toSorted((a, b) => a.slot - b.slot))
        for (const batch of batches) {
          expect(batch.slots.length).toBeLessThanOrEqual(slots)
          if (batch.slots.length > 1) expect(batch.rows).toBeLessThanOrEqual(rows)
        }
      }),
    )
  })

  it('come from what differs, whatever the order of the shards', () => {
    const map = { shards: [{ id: 'a' }, { id: 'b' }], owners: encodeOwners(new Uint8Array(SLOTS)) }
    const owners = new Uint8Array(SLOTS).fill(1)
    owners[7] = 0
    const target = {
      scheme: 'x',
      shards: [
        { id: 'b', address: '' },
        { id: 'a', address: '' },
      ],
      owners: encodeOwners(owners),
    }
    expect(movesOf(map, target, (slot) => slot * 2)).toEqual([move(7, 'a', 'b', 14)])
  })
})

import { describe, expect, it } from 'vitest'
import { encodeOwners, type ShardMap, SLOTS } from '../core/shard-map.js'
import { planOf } from './reshard-plan.js'
import type { Target } from './target.js'

const named = (...ids: string[]) => ids.map((id) => ({ id, address: '' }))
const owners = (of: (slot: number) => number) => encodeOwners(Uint8Array.from({ length: SLOTS }, (_, slot) => of(slot)))
const map: ShardMap = {
  version: 1,
  scheme: 'modulo',
  keying: 'hash',
  span: 100,
  shards: named('a', 'b'),
  owners: owners((slot) => slot % 2),
}
/** Two rows and one key of 100 octets in each of the first hundred slots. */
const counts = Array.from({ length: 100 }, (_, slot) => ({ slot, keys: 1, rows: 2, bytes: 100 }))

describe('a plan', () => {
  it('counts what moves between each pair, and what every scheme would have to move', () => {
    const target: Target = {
      scheme: 'jump',
      shards: named('a', 'b', 'c'),
      owners: owners((slot) => (slot % 4 === 0 || slot % 8 === 1 ? 2 : slot % 2)),
    }
    const plan = planOf(map, target, counts)
    expect(plan.moves).toEqual([
      { from: 'a', to: 'c', slots: SLOTS / 4, keys: 25, rows: 50, bytes: 2_500 },
      { from: 'b', to: 'c', slots: SLOTS / 8, keys: 13, rows: 26, bytes: 1_300 },
    ])
    expect(plan.keys).toEqual({ total: 100, moved: 38, minimum: 33 })
    expect(plan.rows).toEqual({ total: 200, moved: 76 })
    expect(plan.bytes).toEqual({ total: 10_000, moved: 3_800 })
  })

  it('needs nothing moved where only the scheme changes, and what the weights say where they do', () => {
    const target = { scheme: 'ring', shards: named('a', 'b'), owners: map.owners }
    expect(planOf(map, target, counts).keys).toEqual({ total: 100, moved: 0, minimum: 0 })
    const heavy = {
      ...target,
      shards: [
        { id: 'a', address: '', weight: 3 },
        { id: 'b', address: '' },
      ],
    }
    expect(planOf(map, heavy, counts).keys.minimum).toBe(25)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Placed, WeightedShard } from './port.js'
import { range } from './range.js'
import { DEFAULT_SCHEME_OPTIONS } from './registry.js'

const LETTERS = [...'abcdefghijkl']

function place(ids: readonly string[], sample: readonly string[], before?: Placed): Placed {
  const shards: WeightedShard[] = ids.map((id) => ({ id, weight: 1 }))
  return { shards, placement: range.place(shards, { ...DEFAULT_SCHEME_OPTIONS, sample }, before) }
}

function owners({ shards, placement }: Placed, keys: readonly string[]): string {
  return keys.map((key) => shards[placement.shardOf(key)]?.id).join('')
}

describe('range', () => {
  it.each([
    ['first it cuts where the sample says', [['1', '2', '3']], '111122223333'],
    [
      'a new shard gets the ends of the others',
      [
        ['1', '2', '3'],
        ['1', '2', '3', '4'],
      ],
      '111422243334',
    ],
    [
      'what a shard had goes to the others',
      [
        ['1', '2', '3'],
        ['1', '3'],
      ],
      '111111333333',
    ],
    [
      'two new ones',
      [
        ['1', '2'],
        ['1', '2', '3', '4'],
      ],
      '111444222333',
    ],
  ])('%s', (_, steps, expected) => {
    let last: Placed | undefined
    for (const ids of steps) last = place(ids, LETTERS, last)
    expect(last && owners(last, LETTERS)).toBe(expected)
  })

  it('covers all keys: those before the first, between and behind the last of the sample', () => {
    const placed = place(['1', '2'], ['m', 'n'])
    expect(owners(placed, ['', 'a', 'm', 'mz', 'n', 'z', 'é'])).toBe('1111222')
  })

  it('moves keys to the shard that comes, and no other key: not even those between two of the sample', () => {
    const sample = fc.uniqueArray(fc.string({ maxLength: 3 }), { minLength: 4, maxLength: 30 })
    fc.assert(
      fc.property(sample, fc.array(fc.string({ maxLength: 4 })), (unsorted, keys) => {
        const sorted = unsorted.sort()
        const before = place(['1', '2', '3'], sorted)
        const after = place(['1', '2', '3', '4'], sorted, before)
        for (const key of keys) {
          const now = after.placement.shardOf(key)
          if (now !== 3) expect(now).toBe(before.placement.shardOf(key))
        }
        expect(owners(after, sorted)).toContain('4')
        expect(owners(place(['1', '2', '3'], sorted, before), keys)).toBe(owners(before, keys))
      }),
    )
  })

  it('keeps its old boundaries when the sample is another one', () => {
    const before = place(['1', '2'], ['d', 'e', 'k', 'l']) // cut at k
    const after = place(['1', '2'], ['c', 'f', 'm', 'n'], before)
    expect(owners(after, ['jzz', 'k', 'l'])).toBe('122')
  })

  it('leaves ranges alone that the sample knows nothing of, or gives them to the neighbour', () => {
    const before = place(['1', '2', '3'], ['a', 'b', 'c']) // cut at b and c
    const sample = ['a', 'aa', 'ab']
    expect(owners(place(['1', '2', '3'], sample, before), ['b', 'c'])).toBe('23')
    expect(owners(place(['1', '3'], sample, before), ['a', 'b', 'c'])).toBe('133')
  })

  it('wants a sorted sample with a key for each shard', () => {
    expect(() => place(['1', '2'], ['a'])).toThrow('a sample of at least 2 keys')
    expect(() => place(['1', '2'], ['b', 'a', 'c'])).toThrow('"a" comes too late')
  })
})

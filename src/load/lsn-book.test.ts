import { describe, expect, it } from 'vitest'
import { LsnBook } from './lsn-book.js'

describe('LsnBook', () => {
  it.each<[string, [string, string | null][], string | null]>([
    ['knows nothing at first', [], null],
    ['the write of the entity', [['a', '0/10']], '0/10'],
    [
      'its last write, whatever came of others',
      [
        ['a', '0/10'],
        ['b', '5/0'],
      ],
      '0/10',
    ],
    [
      'the last of all for an entity never written',
      [
        ['b', '0/FF'],
        ['c', '0/A0'],
      ],
      '0/FF',
    ],
    [
      'the highest, not the latest to be acknowledged',
      [
        ['a', '0/FF'],
        ['a', '0/A0'],
      ],
      '0/FF',
    ],
    [
      'halves are hexadecimal numbers, not texts',
      [
        ['a', '0/FFFFFFFF'],
        ['a', '1/0'],
        ['a', '0/9'],
      ],
      '1/0',
    ],
    [
      'case does not matter',
      [
        ['a', '0/fa'],
        ['a', '0/FB'],
      ],
      '0/FB',
    ],
    [
      'the highest that PostgreSQL has',
      [
        ['a', 'FFFFFFFF/0'],
        ['a', 'FFFFFFFE/FFFFFFFF'],
      ],
      'FFFFFFFF/0',
    ],
    [
      'an answer without one says nothing',
      [
        ['a', '0/10'],
        ['a', null],
      ],
      '0/10',
    ],
    [
      'nor does anything else',
      [
        ['a', 'zero'],
        ['a', '0/'],
        ['a', '0/1\r\nX: 1'],
      ],
      null,
    ],
  ])('%s', (_name, writes, expected) => {
    const book = new LsnBook()
    for (const [entity, lsn] of writes) book.reached(entity, lsn)
    expect(book.after('a')).toBe(expected)
  })
})

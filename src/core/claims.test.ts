import { describe, expect, it } from 'vitest'
import { inOrderOfRows, rowsOf } from './claims.js'

describe('rowsOf', () => {
  it.each<[string | null, number[]]>([
    ['document 000, claim 1', [1]],
    ['documents 000 and 001, claim 5', [5]],
    ['document 000, claims 3 and 4', [3, 4]],
    ['claims 3, 4 and 17 of mine', [3, 4, 17]],
    ['document 000', []],
    ['claimed by 3 people', []],
    [null, []],
  ])('of %j are %j', (source, rows) => {
    expect(rowsOf(source)).toEqual(rows)
  })
})

describe('inOrderOfRows', () => {
  it('keeps the order of those with the same row, and puts those without at the end', () => {
    const claims = [[], [4, 1], [3], [], [4]].map((rows, at) => ({ rows, at }))
    expect(inOrderOfRows(claims).map(({ at }) => at)).toEqual([2, 1, 4, 0, 3])
  })
})

import { describe, expect, it } from 'vitest'
import { citedSource, inOrderOfRows, rowsOf } from './claims.js'

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

describe('citedSource', () => {
  it.each([
    ['document 000, claim 1', '"Semana 6: Escalabilidad y Distribución", claim 1'],
    [
      'documents 000 and 001, claim 5',
      '"Semana 6: Escalabilidad y Distribución" and "EcoMarket - Semana 7: Replicación y Sharding de Base de Datos" by José Palacios, claim 5',
    ],
    ['document 999', 'document 999'],
    ['--slo', '--slo'],
    ['my notes, page 4', 'my notes, page 4'],
  ])('cites %s', (source, cited) => {
    expect(citedSource(source)).toBe(cited)
  })
})

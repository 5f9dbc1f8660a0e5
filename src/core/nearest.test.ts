import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from './nearest.js'

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['lb-3', 'bl-3', 1],
    // Optimal string alignment never edits a substring twice; without that limit it would be 2.
    ['ca', 'abc', 3],
    ['round-robin', 'roundrobin', 1],
  ])('of %j and %j is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
  })

  it('is symmetric, 0 only for equal words, and never more than the longer word', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b)
        expect(distance).toBe(editDistance(b, a))
        expect(distance === 0).toBe(a === b)
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })
})

describe('nearest', () => {
  const strategies = ['round-robin', 'weighted', 'least-conn', 'ip-hash']

  it.each([
    ['roundrobin', 'round-robin'],
    ['least_con', 'least-conn'],
    ['IP-HASH', 'ip-hash'],
    ['wieghted', 'weighted'],
    ['banana', undefined],
    ['', undefined],
  ])('of %j is %j', (word, expected) => {
    expect(nearest(word, strategies)).toBe(expected)
  })

  it('takes the first of equals', () => {
    expect(nearest('lb-5', ['lb-3', 'lb-4'])).toBe('lb-3')
  })
})

import { describe, expect, it } from 'vitest'
import { evennessOf, fitOf } from './evenness.js'

describe('evennessOf', () => {
  it.each([
    ['even', [5, 5, 5], [1, 1, 1], { cv: 0, peakToMean: 1, maxDeviation: 0 }],
    ['one has all', [4, 0, 0, 0], [1, 1, 1, 1], { cv: Math.sqrt(3), peakToMean: 4, maxDeviation: 3 }],
    ['by weight', [10, 20], [1, 2], { cv: 0, peakToMean: 1, maxDeviation: 0 }],
    ['one has too little', [90, 110], [1, 1], { cv: 0.1, peakToMean: 1.1, maxDeviation: 0.1 }],
    ['weights against it', [50, 50], [1, 3], { cv: 0.5, peakToMean: 2, maxDeviation: 1 }],
    ['nothing', [0, 0], [1, 1], { cv: 0, peakToMean: 1, maxDeviation: 0 }],
  ])('%s', (_, amounts, weights, expected) => {
    const { cv, peakToMean, maxDeviation } = evennessOf(amounts, weights)
    expect(cv).toBeCloseTo(expected.cv, 12)
    expect(peakToMean).toBeCloseTo(expected.peakToMean, 12)
    expect(maxDeviation).toBeCloseTo(expected.maxDeviation, 12)
  })
})

describe('fitOf', () => {
  it('tests keys against weights', () => {
    expect(fitOf([100, 200], [1, 2])).toEqual({ chiSquare: 0, pValue: 1 })
    // (10^2 + 10^2) / 100 with one degree of freedom
    const { chiSquare, pValue } = fitOf([110, 90], [1, 1])
    expect(chiSquare).toBeCloseTo(2, 12)
    expect(pValue).toBeCloseTo(0.1573, 4)
  })

  it('has nothing to test of one shard', () => {
    expect(fitOf([7], [1])).toEqual({ chiSquare: 0, pValue: null })
  })
})

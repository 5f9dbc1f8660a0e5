import { describe, expect, it } from 'vitest'
import { exponential, seededRandom } from './random.js'

const take = (seed: number, count: number): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => random())
}

describe('seededRandom', () => {
  it('gives the same sequence for the same seed, and another for the next seed', () => {
    expect(take(42, 50)).toEqual(take(42, 50))
    expect(take(42, 50)).not.toEqual(take(43, 50))
  })

  it('stays in [0, 1) and is flat: 20 cells of 40,000 draws, chi-square below its 99.99 % point', () => {
    const draws = take(7, 40_000)
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...draws)).toBeLessThan(1)
    const cells = Array.from({ length: 20 }, () => 0)
    for (const draw of draws) cells[Math.floor(draw * 20)] = (cells[Math.floor(draw * 20)] ?? 0) + 1
    const chiSquare = cells.reduce((sum, count) => sum + (count - 2_000) ** 2 / 2_000, 0)
    expect(chiSquare).toBeLessThan(50.8)
  })

  it('gives unrelated sequences for close seeds: their correlation is that of noise', () => {
    const a = take(1, 10_000)
    const b = take(2, 10_000)
    const covariance = a.reduce((sum, value, i) => sum + (value - 0.5) * ((b[i] ?? 0) - 0.5), 0) / 10_000
    expect(Math.abs(covariance * 12)).toBeLessThan(0.04)
  })
})

describe('exponential', () => {
  it('has the given mean and the median of an exponential distribution', () => {
    const random = seededRandom(3)
    const draws = Array.from({ length: 40_000 }, () => exponential(random, 2)).sort((a, b) => a - b)
    expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).toBeCloseTo(2, 1)
    expect(draws[20_000]).toBeCloseTo(2 * Math.LN2, 1)
    expect(draws[0]).toBeGreaterThanOrEqual(0)
  })

  it('is finite at both ends of [0, 1)', () => {
    expect(exponential(() => 0, 2)).toBeCloseTo(0, 15)
    expect(Number.isFinite(exponential(() => 1 - 2 ** -32, 2))).toBe(true)
  })
})

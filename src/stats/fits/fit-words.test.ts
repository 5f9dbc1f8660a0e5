import { describe, expect, it } from 'vitest'
import { CISCO } from '../testing/cisco.js'
import { fitRows, formatParameter, growthWords, lawWords } from './fit-words.js'
import { fitScaling } from './fits.js'
import { throughputAt } from './scaling-law.js'

const exact = (sigma: number, kappa: number, levels: readonly number[]) =>
  fitScaling(levels.map((n) => ({ n, x: throughputAt({ gamma: 500, sigma, kappa }, n) })))
const SIX = [1, 2, 4, 8, 16, 32]

describe('formatParameter', () => {
  it.each([
    [995.6486, '995.6'],
    [12_341.7, '12,340'],
    [7.690945e-4, '0.0007691'],
    [0, '0'],
    [3.2109e-9, '3.211e-9'],
  ])('%d is %s', (value, text) => {
    expect(formatParameter(value)).toBe(text)
  })
})

describe('growthWords', () => {
  it.each([
    [
      fitScaling(CISCO),
      'With n = 27 throughput is 12.8 times that of n = 1, an efficiency of 47.4 %, and the largest; with n = 32 it is 12.6 times.',
    ],
    [exact(0, 0, [1, 2, 4]), 'With n = 4 throughput is 4.00 times that of n = 1, an efficiency of 100.0 %.'],
    [exact(1, 0.5, [1, 2, 4]), 'Throughput is largest with the fewest, n = 1.'],
  ])('tells the largest speed-up, %#', (fits, words) => {
    expect(growthWords(fits)).toBe(words)
  })
})

describe('lawWords', () => {
  it('share out what is lost, and tell the peak', () => {
    const text = lawWords(fitScaling(CISCO)).join(' ')
    expect(text).toContain('contention (sigma) takes 32.0 % and coherency (kappa) 29.4 %; 38.6 % is left.')
    expect(text).toContain('Throughput peaks at about n = 36 with 12,343; more lowers it.')
    expect(text).toMatch(/By Amdahl's law 6\.4 % of the work is serial, .* it is 8\.0 % off, the USL 2\.5 %\./)
  })

  it('say why there is no peak, or no USL', () => {
    expect(lawWords(exact(0.02, 0.0001, SIX)).join(' ')).toContain('No peak is told: the data end at n = 32')
    expect(lawWords(exact(0, 0, SIX))[0]).toContain('finds no loss: growth is linear')
    expect(lawWords(exact(0.1, 0, [1, 2, 4]))[0]).toBe(
      "Amdahl's law alone is fitted: 3 levels are fewer than the 6 that tell contention from coherency.",
    )
  })

  it('say so where the data do not show a loss', () => {
    const few = fitScaling([
      { n: 1, x: 498 },
      { n: 2, x: 951 },
      { n: 3, x: 1_430 },
      { n: 4, x: 1_720 },
    ])
    expect(lawWords(few).join(' ')).toContain('(or none at all is: the interval begins at 0)')
  })

  it('name growth that is more than linear', () => {
    const fits = fitScaling([1, 2, 4].map((n) => ({ n, x: n ** 1.2 })))
    expect(lawWords(fits).join(' ')).toContain('With n = 2, 4 growth is more than linear')
  })
})

describe('fitRows', () => {
  it('hold five rows of the USL and four of Amdahl', () => {
    const rows = fitRows(fitScaling(CISCO))
    expect(rows.map(({ law, name }) => `${law} ${name}`)).toEqual([
      'USL gamma',
      'USL sigma',
      'USL kappa',
      'USL error',
      'USL left out',
      'Amdahl gamma',
      'Amdahl sigma',
      'Amdahl error',
      'Amdahl left out',
    ])
    expect(rows[1]).toMatchObject({ value: '0.02672', interval: expect.stringMatching(/^0\.01\d+ to 0\.03\d+$/) })
    expect(fitRows(exact(0.1, 0, [1, 2, 4]))).toHaveLength(4)
  })
})

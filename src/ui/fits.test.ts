import { describe, expect, it } from 'vitest'
import { fitScaling } from '../stats/fits/fits.js'
import { CISCO } from '../stats/testing/cisco.js'
import { renderFits } from './fits.js'
import { displayWidth } from './width.js'

describe('renderFits', () => {
  it.each([80, 100, 120])('fits into %d columns', (width) => {
    const lines = renderFits(fitScaling(CISCO), { width, colour: false }).split('\n')
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width)
  })

  it('tells parameters with intervals, levels with what the laws say, and what it means', () => {
    const text = renderFits(fitScaling(CISCO), { width: 120, colour: false })
    expect(text).toMatch(/^ +kappa +0\.0007691 +0\.000\d+ to 0\.000\d+ +coherency/m)
    expect(text).toMatch(/^32 +12,074 +12\.6x +39\.5 % +12,296 \+1\.8 % +12,814 \+6\.1 %$/m)
    expect(text).toContain('Throughput peaks at about n = 36')
  })

  it('leaves the USL out below six levels, and says why', () => {
    const points = CISCO.slice(0, 5).flatMap(({ n, x }) => [
      { n, x },
      { n, x: x * 1.01 },
    ])
    const text = renderFits(fitScaling(points), { width: 100, colour: false })
    expect(text).not.toMatch(/^USL/m)
    expect(text).toMatch(/^n +points +x +speed-up +efficiency +Amdahl$/m)
    expect(text).toContain('5 levels are fewer than the 6')
  })
})

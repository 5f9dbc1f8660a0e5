import { describe, expect, it } from 'vitest'
import { fitScaling } from '../stats/fits/fits.js'
import { CISCO } from '../stats/testing/cisco.js'
import { renderScalingFit } from './scaling-fit.js'
import { expectGolden, expectSound } from './testing/golden.js'

const FEW = fitScaling([
  { n: 2, x: 951, interval: [930, 966] },
  { n: 3, x: 1_402, interval: [1_388, 1_431] },
  { n: 4, x: 1_720, interval: [1_610, 1_742] },
])

describe('renderScalingFit', () => {
  it.each([
    ['fit', fitScaling(CISCO), 'cisco.csv'],
    ['fit-of-few', FEW, 'few.csv'],
  ])('gives for %s what the golden file holds', async (name, fits, source) => {
    const report = renderScalingFit(fits, { source, command: `scalelab fit ${source} --out reports` })
    expectSound(report)
    await expectGolden(name, report)
  })

  it('draws every point, a whisker where there is an interval, and shades what lies beyond the data', () => {
    const svg = (fits: typeof FEW): string =>
      renderScalingFit(fits, { source: 'a', command: 'b' }).charts['fitted-speedup.svg'] ?? ''
    expect(svg(fitScaling(CISCO)).match(/<circle/g)).toHaveLength(32)
    expect(svg(fitScaling(CISCO))).toContain('class="shade"')
    expect(svg(fitScaling(CISCO))).toContain('peak, n = 36')
    expect(svg(FEW).match(/class="expected"/g)).toHaveLength(9)
    expect(svg(FEW)).not.toContain('class="shade"')
    expect(svg(FEW)).not.toContain('>USL<')
  })

  it('lets no text from outside become markup', () => {
    const { markdown } = renderScalingFit(FEW, { source: '<script>alert(1)</script>.csv', command: 'scalelab fit x' })
    expect(markdown).not.toContain('<script')
  })
})

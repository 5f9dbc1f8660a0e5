import { describe, expect, it } from 'vitest'
import { madeUpCalibration } from '../core/testing/calibration.js'
import { calibrationText, renderCalibration } from './calibration.js'
import { displayWidth } from './width.js'

const plain = { colour: false, width: 100 }

describe('a calibration in the terminal', () => {
  it('is what was driven, how quiet it was, and what nginx costs', () => {
    expect(renderCalibration(madeUpCalibration(), plain)).toMatchInlineSnapshot(`
      "2 x Some CPU, Node v20.1.0; measured in 28.4 s

      driven                requests/s  answered by                         beyond it
      ────────────────────────────────────────────────────────────────────────────────────────────────────
      1 generator               18,000  nginx, answering by itself          7.25 ms late (p99) at 20,160/s
      the API                   12,000  the sample API, which does no work  7.25 ms late (p99) at 13,440/s
      through the balancer       9,000  the same API, through nginx         93.0 % answered at 10,080/s

      timers    1 ms is 0.09 ms late in the middle, 0.4 ms p99; idle event loop 0.3 ms p99
      noise     a fixed piece of work varies by 2.1 % (coefficient of variation of 150), the slowest takes
                1.31x the median
      others    other programs took 4.0 % of the processors, the hypervisor 0.0 %
      balancer  in front it leaves 75.0 % of the rate that the same API has without it"
    `)
  })

  it('fits its width', () => {
    for (const width of [60, 80, 120]) {
      const lines = renderCalibration(madeUpCalibration(), { ...plain, width }).split('\n')
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width)
    }
  })

  it('warns where the machine was busy, and says what is not known', () => {
    const noise = { ...madeUpCalibration().noise, others: 0.4, steal: null }
    const text = renderCalibration(madeUpCalibration({ noise }), plain)
    expect(text).toMatch(/^! The machine was busy/m)
    expect(text).toContain('other programs took 40.0 % of the processors, the hypervisor not known here')
  })

  it('is a line for doctor', () => {
    expect(calibrationText(madeUpCalibration())).toBe(
      '1 generator drives 18,000 requests/s, 9,000 through the balancer',
    )
    const [own] = madeUpCalibration().drives
    if (own === undefined) throw new Error('no drive')
    expect(calibrationText(madeUpCalibration({ drives: [own, { ...own, generators: 3, rps: 44_000 }] }))).toBe(
      '1 generator drives 18,000, 3 generators drive 44,000 requests/s',
    )
  })
})

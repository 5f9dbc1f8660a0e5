import { describe, expect, it } from 'vitest'
import { scalingResults } from '../stats/scaling-results.js'
import { renderScaling, scalingLead } from './scaling-experiment.js'
import { scaled } from './testing/compared-records.js'
import { expectGolden, expectSound } from './testing/golden.js'

describe('renderScaling', () => {
  it('gives what the golden file holds', async () => {
    const report = renderScaling(scaled())
    expectSound(report)
    await expectGolden('scaling', report)
  })

  it('has speed-up, efficiency and what each one more adds, all from ratios within blocks', () => {
    const { levels, budgets, fits } = scalingResults(scaled())
    expect(levels.map(({ n }) => n)).toEqual([1, 2, 3, 4, 6, 8])
    expect(levels[0]).toMatchObject({ speedup: 1, efficiency: 1, added: null })
    for (const { n, speedup, interval, efficiency } of levels.slice(1)) {
      expect(efficiency).toBeCloseTo((speedup ?? 0) / n, 12)
      expect(interval?.[0]).toBeLessThanOrEqual(speedup ?? 0)
      expect(interval?.[1]).toBeGreaterThanOrEqual(speedup ?? 0)
    }
    const [two, three] = [levels[1]?.speedup ?? 0, levels[2]?.speedup ?? 0]
    expect(levels[2]?.added).toBeCloseTo(three - two, 12)
    expect(budgets.map(({ n }) => n)).toEqual([2, 4])
    expect(fits?.usl).not.toBeNull()
  })

  it('fits Amdahl alone to fewer than six levels, and nothing to fewer than three', () => {
    expect(scalingResults(scaled(2, [1, 2, 4])).fits).toMatchObject({ usl: null })
    const few = scaled(2, [1, 2])
    expect(scalingResults(few).fits).toBeNull()
    expectSound(renderScaling(few))
    expect(scalingLead(few).found.join(' ')).toContain('2 levels of 2 could be measured.')
  })
})

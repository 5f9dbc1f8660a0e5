import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Metric } from '../core/metric.js'
import { findMetric } from '../core/metrics.js'
import { blocksNeeded, type Judged, judgeInOrder, type PairedInput } from './paired-comparison.js'

const OPTIONS = { margin: 0.03, seed: 1 }
const NOISE = [0.004, -0.007, 0.002, 0.009, -0.005, 0.001, -0.003, 0.006, 0.008, -0.006]

function metric(name: string): Metric {
  const found = findMetric(name)
  if (found === undefined) throw new Error(`no metric ${name}`)
  return found
}

/** A rate or time around 100 in every block; the variant's is `factor` times as much, give or take `noise` times 1 %. */
function pair(name: string, factor: number, blocks = 10, noise = 1): PairedInput {
  const baseline = NOISE.slice(0, blocks).map((one, i) => 100 * (1 + one + i / 50))
  const variant = baseline.map((value, i) => value * factor * (1 + (NOISE[(i + 3) % 10] ?? 0) * noise))
  return { metric: metric(name), baseline, variant }
}

function judgeOne(input: PairedInput, options: Partial<typeof OPTIONS & { alpha: number }> = {}): Judged {
  const judged = judgeInOrder([[input]], { ...OPTIONS, ...options })[0]?.[0]
  if (judged === undefined) throw new Error('nothing judged')
  return judged
}

/** One figure of each of so many variants. */
function judgeVariants(inputs: readonly PairedInput[]): Judged[] {
  return judgeInOrder(
    inputs.map((input) => [input]),
    OPTIONS,
  ).flat()
}

/** Figures of one variant, in this order. */
function judgeFigures(inputs: readonly PairedInput[]): Judged[] {
  return judgeInOrder([inputs], OPTIONS).flat()
}

describe('judgeInOrder', () => {
  it('finds a longer time worse, a higher rate better, and either way round the opposite', () => {
    expect(judgeOne(pair('p95', 1.1)).verdict).toBe('worse')
    expect(judgeOne(pair('p95', 0.9)).verdict).toBe('better')
    expect(judgeOne(pair('rps', 1.1)).verdict).toBe('better')
    expect(judgeOne(pair('rps', 0.9)).verdict).toBe('worse')
  })

  it('gives the geometric mean of the ratios, its interval, and what p could be', () => {
    const judged = judgeOne({
      metric: metric('p95'),
      baseline: [10, 20, 10, 20, 10, 20],
      variant: [20, 40, 40, 80, 20, 40],
    })
    expect(judged).toMatchObject({
      pairs: 6,
      baseline_median: 15,
      variant_median: 40,
      scale: 'ratio',
      verdict: 'worse',
    })
    expect(judged.effect).toBeCloseTo(2 ** (8 / 6), 12)
    expect(judged).toMatchObject({ p: 0.03125, p_adjusted: 0.03125, smallest_p: 0.03125, p_exact: true, margin: 0.03 })
    const [low, high] = judged.interval ?? [0, 0]
    expect(low).toBeGreaterThan(1)
    expect(high).toBeGreaterThan(2 ** (8 / 6))
    expect(judged.reason).toBeNull()
  })

  it('finds equivalent what lies within the margin with its whole interval, significant or not', () => {
    expect(judgeOne(pair('p95', 1.01)).verdict).toBe('equivalent')
    expect(judgeOne(pair('p95', 1))).toMatchObject({ verdict: 'equivalent', reason: null })
    // Ten blocks all 2 % slower: certain, and too little to matter.
    const small = judgeOne(pair('p95', 1.02, 10, 0.5))
    expect(small).toMatchObject({ verdict: 'equivalent', p: 2 / 1024 })
    expect(judgeOne(pair('p95', 1.02, 10, 0.5), { margin: 0.01 }).verdict).toBe('worse')
  })

  it('has a margin that reaches equally far up and down on the scale of logarithms', () => {
    const exactly = (factor: number) => judgeOne(pair('p95', factor, 10, 0), { margin: 0.25 }).verdict
    expect(exactly(1.249)).toBe('equivalent')
    expect(exactly(1.251)).toBe('worse')
    expect(exactly(0.801)).toBe('equivalent')
    expect(exactly(0.799)).toBe('better')
  })

  it('cannot tell where the noise is larger than the difference, and says how far the interval reaches', () => {
    const judged = judgeOne(pair('p95', 1.04, 10, 12))
    expect(judged.verdict).toBe('cannot tell')
    expect(judged.reason).toMatch(
      /^the interval reaches from -[\d.]+ % to \+[\d.]+ %, and p is 0\.\d+: run more blocks$/,
    )
  })

  it('cannot tell where there is a difference that may be too small to matter', () => {
    const judged = judgeOne(pair('p95', 1.028, 10, 1.5))
    expect(judged.p_adjusted).toBeLessThan(0.05)
    expect(judged.verdict).toBe('cannot tell')
    expect(judged.reason).toMatch(
      /^there is a difference, but it may be too small to matter: the interval reaches from \+/,
    )
  })

  it('says that so few pairs cannot reach significance, with the smallest possible p and the blocks needed', () => {
    const four = judgeVariants(['p50', 'p90', 'p95', 'p99'].map((name) => pair(name, 1.5, 6)))
    for (const judged of four) {
      expect(judged).toMatchObject({ verdict: 'cannot tell', p: 0.03125, p_adjusted: 0.125, smallest_p: 0.125 })
      expect(judged.reason).toBe(
        '6 pairs cannot reach significance among 4 variants: the smallest possible p is 0.125, 8 blocks are needed',
      )
    }
    expect(judgeOne(pair('p95', 1.5, 5)).reason).toBe(
      '5 pairs cannot reach significance: the smallest possible p is 0.063, 6 blocks are needed',
    )
    const one = judgeOne(pair('p95', 1.5, 1))
    expect(one).toMatchObject({ verdict: 'cannot tell', interval: null, p: 1 })
    expect(one.reason).toMatch(/^1 pair cannot/)
  })

  it('corrects over the variants, and knows what fewer pairs could still reach beside more', () => {
    const judged = judgeVariants([pair('p95', 1.5, 10), pair('p99', 1.5, 6), pair('p50', 1, 10)])
    expect(judged.map(({ p }) => p)).toEqual([2 / 1024, 0.03125, judged[2]?.p])
    expect(judged[0]?.p_adjusted).toBeCloseTo((3 * 2) / 1024, 12)
    expect(judged[1]?.p_adjusted).toBeCloseTo(2 * 0.03125, 12)
    // The two of ten pairs could both come before it, so that nothing would be left to multiply with.
    expect(judged[1]?.smallest_p).toBeCloseTo(0.03125, 12)
    expect(judged.map(({ verdict }) => verdict)).toEqual(['worse', 'cannot tell', 'equivalent'])
  })

  it('finds in six blocks what is there in all figures of one variant: none costs the next one anything', () => {
    const judged = judgeFigures([pair('rps', 2.98, 6), pair('p50', 0.3, 6), pair('p95', 0.4, 6), pair('p99', 0.5, 6)])
    expect(judged.map(({ verdict, p_adjusted }) => [verdict, p_adjusted])).toEqual(Array(4).fill(['better', 0.03125]))
  })

  it('tests no figure behind one that was not significant, and says which that was', () => {
    const judged = judgeFigures([pair('rps', 1.5), pair('p50', 1.04, 10, 12), pair('p95', 2), pair('p99', 2)])
    expect(judged.map(({ verdict, reason }) => [verdict, reason])).toEqual([
      ['better', null],
      ['cannot tell', expect.stringContaining('run more blocks')],
      ['not tested', 'median response time was not significant before'],
      ['not tested', 'median response time was not significant before'],
    ])
    expect(judged[2]).toMatchObject({ p: 2 / 1024, p_adjusted: null })
    expect(judged[2]?.effect).toBeCloseTo(2, 1)
  })

  it('lets the next be tested by significance alone: not by equivalence, and by a difference too small to matter', () => {
    const behind = (first: PairedInput) => judgeFigures([first, pair('p99', 2)]).map(({ verdict }) => verdict)
    expect(behind(pair('p95', 1))).toEqual(['equivalent', 'not tested'])
    expect(behind(pair('p95', 1.02, 10, 0.5))).toEqual(['equivalent', 'worse'])
    expect(behind(pair('p95', 1.028, 10, 1.5))).toEqual(['cannot tell', 'worse'])
  })

  it('finds equivalent what is so wherever it stands', () => {
    const judged = judgeFigures([pair('p95', 1.04, 10, 12), pair('p99', 1)])
    expect(judged[1]).toMatchObject({ verdict: 'equivalent', reason: null, p_adjusted: null })
  })

  it('passes over what cannot become significant: nothing measured, no errors, errors in some blocks', () => {
    const nothing = [null, null, null, null, null, null]
    const zeros = [0, 0, 0, 0, 0, 0]
    const judged = judgeFigures([
      pair('rps', 1.5, 6),
      { metric: metric('lag'), baseline: nothing, variant: nothing },
      { metric: metric('lost'), baseline: zeros, variant: zeros },
      { metric: metric('errors'), baseline: zeros, variant: [0.02, 0, 0, 0.03, 0, 0.02] },
      pair('p99', 2, 6),
    ])
    expect(judged.map(({ verdict }) => verdict)).toEqual([
      'better',
      'cannot tell',
      'equivalent',
      'cannot tell',
      'worse',
    ])
    expect(judged[3]).toMatchObject({ p_adjusted: 0.25, smallest_p: 0.25 })
    expect(judged[3]?.reason).toBe('of 6 pairs 3 have a difference, too few for significance')
  })

  it('pairs the blocks in which both have a value', () => {
    const judged = judgeOne({ metric: metric('p95'), baseline: [1, null, 3, 4, null], variant: [2, 5, null, 8, null] })
    expect(judged).toMatchObject({ pairs: 2, baseline_median: 3, variant_median: 5, effect: 2 })
  })

  it('has no value where nothing was measured, says for whom, and takes nothing from the others', () => {
    const nothing = [null, null, null, null, null, null]
    const values = [1, 2, 3, 4, 5, 6]
    const alternating = { baseline: [1, null, 1, null], variant: [null, 1, null, 1] }
    const judged = judgeVariants([
      { metric: metric('lag'), baseline: nothing, variant: values },
      { metric: metric('lag'), baseline: values, variant: nothing },
      { metric: metric('lag'), baseline: nothing, variant: nothing },
      { metric: metric('lag'), ...alternating },
      pair('p95', 1.5, 6),
    ])
    expect(judged.map(({ reason }) => reason)).toEqual([
      'it was not measured for the baseline',
      'it was not measured for this variant',
      'it was not measured for either of the two',
      'there is no block in which both were measured',
      null,
    ])
    expect(judged[0]).toMatchObject({ pairs: 0, effect: null, interval: null, p: null, baseline_median: null })
    expect(judged[4]).toMatchObject({ p_adjusted: 0.03125, verdict: 'worse' })
  })

  it('finds no errors on either side equivalent, with a difference of 0 and p 1', () => {
    const zeros = [0, 0, 0, 0, 0, 0]
    expect(judgeOne({ metric: metric('errors'), baseline: zeros, variant: zeros })).toMatchObject({
      scale: 'difference',
      effect: 0,
      interval: [0, 0],
      p: 1,
      verdict: 'equivalent',
    })
    expect(judgeOne(pair('rps', 1, 6, 0))).toMatchObject({ effect: 1, interval: [1, 1], p: 1, verdict: 'equivalent' })
  })

  it('judges shares by their difference, errors by a tenth of a percentage point', () => {
    const baseline = [0.001, 0.0012, 0.0008, 0.0011, 0.0009, 0.001]
    const more = (by: number) => baseline.map((share, i) => share + by + (i % 2) * 0.0001)
    const errors = { metric: metric('errors'), baseline }
    expect(judgeOne({ ...errors, variant: more(0.002) })).toMatchObject({ verdict: 'worse', margin: 0.001 })
    expect(judgeOne({ ...errors, variant: more(0.0005) }).verdict).toBe('equivalent')
    expect(judgeOne({ metric: metric('jain'), baseline, variant: more(0.002) }).verdict).toBe('equivalent')
    expect(judgeOne({ metric: metric('jain'), baseline, variant: more(0.2) })).toMatchObject({ verdict: 'better' })
  })

  it('names a difference of a metric that has no better side', () => {
    const ones = [1, 1, 1, 1, 1, 1]
    const judged = judgeOne({ metric: metric('instances'), baseline: ones, variant: ones.map(() => 3) })
    expect(judged).toMatchObject({ verdict: 'different', effect: 2, interval: [2, 2] })
  })

  it('holds p against the alpha that is asked for', () => {
    expect(judgeOne(pair('p95', 1.5, 6), { alpha: 0.01 })).toMatchObject({ verdict: 'cannot tell' })
    expect(judgeOne(pair('p95', 1.5, 6), { alpha: 0.01 }).reason).toMatch(/8 blocks are needed$/)
    expect(judgeOne(pair('p95', 1.5, 8), { alpha: 0.01 })).toMatchObject({ verdict: 'worse' })
  })

  it('turns around when baseline and variant change places', () => {
    const values = fc.array(fc.double({ min: 1, max: 1_000, noNaN: true }), { minLength: 16, maxLength: 16 })
    const turned: Partial<Record<Judged['verdict'], Judged['verdict']>> = { better: 'worse', worse: 'better' }
    fc.assert(
      fc.property(values, fc.double({ min: 0.2, max: 5, noNaN: true }), (given, factor) => {
        const baseline = given.slice(0, 8)
        const variant = given.slice(8).map((value, i) => (baseline[i] ?? 0) * factor * (1 + value / 2_000))
        const there = judgeOne({ metric: metric('p95'), baseline, variant })
        const back = judgeOne({ metric: metric('p95'), baseline: variant, variant: baseline })
        expect(back.verdict).toBe(turned[there.verdict] ?? there.verdict)
        expect(back.p).toBe(there.p)
        expect((back.effect ?? 0) * (there.effect ?? 0)).toBeCloseTo(1, 9)
        expect((back.interval?.[0] ?? 0) * (there.interval?.[1] ?? 0)).toBeCloseTo(1, 6)
      }),
      { numRuns: 50 },
    )
  })

  it('refuses pairs whose blocks differ in number', () => {
    expect(() => judgeOne({ metric: metric('p95'), baseline: [1], variant: [1, 2] })).toThrow(RangeError)
  })
})

describe('blocksNeeded', () => {
  it.each([
    [1, 6],
    [2, 7],
    [3, 7],
    [4, 8],
    [25, 10],
    [26, 11],
  ])('for %d comparisons are %d', (family, blocks) => {
    expect(blocksNeeded(family)).toBe(blocks)
  })

  it('are more for a smaller alpha', () => {
    expect(blocksNeeded(1, 0.01)).toBe(8)
  })
})

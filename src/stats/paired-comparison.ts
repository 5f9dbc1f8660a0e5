import type { Metric } from '../core/metric.js'
import { formatProbability } from '../core/units.js'
import { bootstrapMean } from './bootstrap.js'
import { formatReach, marginOf, type Scale, scaleOf } from './effect.js'
import { adjustedInOrder } from './fixed-order.js'
import { median } from './quantiles.js'
import { signFlipTest, smallestP } from './sign-flip.js'

/** One metric of two variants that ran in the same blocks. */
export interface PairedInput {
  metric: Metric
  /** By block; null where it was not measured, or its run is in doubt. */
  baseline: readonly (number | null)[]
  /** By block, of the same length. */
  variant: readonly (number | null)[]
}

/**
 * "different" where the metric does not say which of two values is the better one; "not tested" where a figure before it was
 * not significant.
 */
export type ComparisonVerdict = 'better' | 'worse' | 'different' | 'equivalent' | 'cannot tell' | 'not tested'

/** What a comparison of a variant with the baseline came to. */
export interface Judged {
  /** Blocks in which both have a value. */
  pairs: number
  /** Over its own values, those without a partner as well; null without any. */
  baseline_median: number | null
  variant_median: number | null
  scale: Scale
  /** The geometric mean of the ratios variant / baseline within blocks, or the mean of the differences. */
  effect: number | null
  /** The 95 % confidence interval of the effect, on the same scale; of this comparison by itself, not of its family. */
  interval: [number, number] | null
  /** What is too small to matter: relative for a ratio, absolute for a difference, in the metric's unit. */
  margin: number | null
  /** Of this comparison by itself. */
  p: number | null
  /** Over all variants and the figures before it; null where it was not tested. */
  p_adjusted: number | null
  /** Whether p is of all assignments of signs, or of a sample of them (above 20 pairs). */
  p_exact: boolean | null
  /** The least p_adjusted that its pairs can reach: those without a difference count for nothing. */
  smallest_p: number | null
  verdict: ComparisonVerdict
  /** In words: why there is no value, why it cannot tell, or was not tested; null otherwise. */
  reason: string | null
}

export interface JudgeOptions {
  /** Relative, above 0: 0.03 is 3 %; `marginOf` says what it becomes for a difference. */
  margin: number
  /** The chance of a false alarm in a family of comparisons; 0.05 unless given. */
  alpha?: number
  /** Of the resamples of the intervals. */
  seed: number
}

const ALPHA = 0.05

/**
 * All comparisons of an experiment: for each variant its figures in the order in which they are tested, the deciding one first.
 * The chance of a false alarm in any of them is at most alpha (`adjustedInOrder`).
 *
 * A variant is better or worse when its adjusted p is at most alpha and its effect beyond the margin; equivalent when the
 * whole interval of the effect lies within the margin. Otherwise the comparison cannot tell, and says why; or it was not
 * tested, because a figure before it was not significant. The significance of a difference alone lets the next one be
 * tested: that one is "equivalent" does not, and a figure may be found equivalent wherever it stands, as that is another
 * question than whether it differs (two one-sided tests: Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987), each with its
 * own chance of error of at most alpha.
 *
 * Figures that cannot become significant are passed over: those without a pair, and those whose pairs have too few
 * differences for the test, such as no errors on either side. That is seen from the sizes of the differences, of which the
 * sign-flip test is independent (Tarone: A modified Bonferroni method for discrete data, Biometrics 46, 1990).
 * @throws RangeError when the blocks of a pair differ in number
 */
export function judgeInOrder(variants: readonly (readonly PairedInput[])[], options: JudgeOptions): Judged[][] {
  const { alpha = ALPHA } = options
  const measured = variants.map((inputs) => inputs.map((input) => measure(input, options)))
  const testable = measured.map((ones) =>
    ones.filter((one): one is Tested => 'test' in one && smallestOf(one) <= alpha),
  )
  const adjusted = adjustedInOrder(testable.map((ones) => ones.map(({ test }) => test.p)))
  const smallest = adjustedInOrder(testable.map((ones) => ones.map(smallestOf)))
  const size = measured.filter((ones) => ones.some((one) => 'test' in one)).length
  return measured.map((ones, variant) => {
    let stopped: Metric | null = null
    return ones.map((one) => {
      if (!('test' in one)) return one
      const at = testable[variant]?.indexOf(one) ?? -1
      const family =
        at === -1
          ? { adjusted: Math.min(1, one.test.p * size), smallest: Math.min(1, smallestOf(one) * size), size }
          : { adjusted: adjusted[variant]?.[at] ?? 1, smallest: smallest[variant]?.[at] ?? 1, size }
      const before: Metric | null = at === -1 ? null : stopped
      if (at !== -1 && stopped === null && family.adjusted > alpha) stopped = one.metric
      return before === null ? judge(one, family, options) : notTested(judge(one, family, options), before)
    })
  })
}

/** What a figure comes to behind one that was not significant: its difference was not tested. */
function notTested(judged: Judged, before: Metric): Judged {
  const untold = { ...judged, p_adjusted: null }
  if (judged.verdict === 'equivalent') return untold
  return { ...untold, verdict: 'not tested', reason: `${before.label} was not significant before` }
}

/** The fewest blocks in which so many variants can reach significance together, all runs having gone well. */
export function blocksNeeded(variants: number, alpha: number = ALPHA): number {
  let blocks = 1
  while (smallestP(blocks) * variants > alpha && blocks < 20) blocks++
  return blocks
}

interface Tested {
  metric: Metric
  medians: { baseline: number; variant: number }
  scale: Scale
  /** Within blocks: logarithms of ratios, or differences. */
  effects: readonly number[]
  interval: [number, number] | null
  test: { p: number; exact: boolean }
}

function measure({ metric, baseline, variant }: PairedInput, { seed }: JudgeOptions): Tested | Judged {
  if (baseline.length !== variant.length) {
    throw new RangeError(`${metric.name}: ${baseline.length} blocks of the baseline, ${variant.length} of the variant`)
  }
  const medians = { baseline: medianOf(baseline), variant: medianOf(variant) }
  const pairs = baseline.flatMap((from, block) => {
    const to = variant[block]
    return from === null || to === null || to === undefined ? [] : [{ from, to }]
  })
  const scale = scaleOf(
    metric,
    pairs.flatMap(({ from, to }) => [from, to]),
  )
  if (pairs.length === 0 || medians.baseline === null || medians.variant === null) {
    return untested(medians, scale)
  }
  const effects = pairs.map(({ from, to }) => (scale === 'ratio' ? Math.log(to / from) : to - from))
  return {
    metric,
    medians: { baseline: medians.baseline, variant: medians.variant },
    scale,
    effects,
    interval: bootstrapMean(effects, seed),
    test: signFlipTest(effects, seed),
  }
}

/** Signs of pairs without a difference change nothing. */
function smallestOf({ effects }: Tested): number {
  return smallestP(effects.filter((effect) => effect !== 0).length)
}

function medianOf(values: readonly (number | null)[]): number | null {
  return median(values.filter((value) => value !== null))
}

function untested(medians: { baseline: number | null; variant: number | null }, scale: Scale): Judged {
  const who =
    medians.baseline === null ? (medians.variant === null ? 'either of the two' : 'the baseline') : 'this variant'
  const both = medians.baseline !== null && medians.variant !== null
  return {
    pairs: 0,
    baseline_median: medians.baseline,
    variant_median: medians.variant,
    scale,
    effect: null,
    interval: null,
    margin: null,
    p: null,
    p_adjusted: null,
    p_exact: null,
    smallest_p: null,
    verdict: 'cannot tell',
    reason: both ? 'there is no block in which both were measured' : `it was not measured for ${who}`,
  }
}

interface Family {
  adjusted: number
  smallest: number
  /** Variants that are held against the baseline. */
  size: number
}

function judge(tested: Tested, family: Family, { margin, alpha = ALPHA }: JudgeOptions): Judged {
  const { metric, medians, scale, effects, test } = tested
  const mean = effects.reduce((sum, value) => sum + value, 0) / effects.length
  const own = marginOf(metric, margin, scale, medians.baseline)
  // On the scale of the effects a margin reaches equally far up and down: from 1 / (1 + m) to 1 + m for ratios.
  const reach = scale === 'ratio' ? Math.log1p(own) : own
  const significant = family.adjusted <= alpha
  const within = tested.interval?.every((bound) => Math.abs(bound) <= reach) ?? false
  const back = (value: number): number => (scale === 'ratio' ? Math.exp(value) : value)
  const judged = {
    pairs: effects.length,
    baseline_median: medians.baseline,
    variant_median: medians.variant,
    scale,
    effect: back(mean),
    interval:
      tested.interval === null ? null : ([back(tested.interval[0]), back(tested.interval[1])] as [number, number]),
    margin: own,
    p: test.p,
    p_adjusted: family.adjusted,
    p_exact: test.exact,
    smallest_p: family.smallest,
  }
  if (significant && Math.abs(mean) > reach) return { ...judged, verdict: direction(metric, mean), reason: null }
  if (within) return { ...judged, verdict: 'equivalent', reason: null }
  return { ...judged, verdict: 'cannot tell', reason: whyNot(tested, judged, family, alpha) }
}

function direction({ better }: Metric, effect: number): ComparisonVerdict {
  if (better === undefined) return 'different'
  return (better === 'more') === effect > 0 ? 'better' : 'worse'
}

function whyNot(
  { metric, effects }: Tested,
  { pairs, scale, interval }: Pick<Judged, 'pairs' | 'scale' | 'interval'>,
  { adjusted, smallest, size }: Family,
  alpha: number,
): string {
  const among = size === 1 ? '' : ` among ${size} variants`
  if (smallest > alpha) {
    const differing = effects.filter((effect) => effect !== 0).length
    const only = pairs === 1 ? '1 pair' : `${pairs} pairs`
    if (smallestP(pairs) * size <= alpha) {
      return `of ${only} ${differing} ${differing === 1 ? 'has' : 'have'} a difference, too few for significance${among}`
    }
    const needed = blocksNeeded(size, alpha)
    return `${only} cannot reach significance${among}: the smallest possible p is ${formatProbability(smallest)}, ${needed} blocks are needed`
  }
  const reaches = `the interval reaches from ${formatReach(interval ?? [Number.NaN, Number.NaN], scale, metric)}`
  if (adjusted <= alpha) return `there is a difference, but it may be too small to matter: ${reaches}; run more blocks`
  return `${reaches}, and p is ${adjusted === 1 ? '1' : formatProbability(adjusted)}${among}: run more blocks`
}

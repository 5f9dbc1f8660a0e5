import type { Metric } from '../core/metric.js'
import { formatNumber, formatRatio } from '../core/units.js'
import { formatValue } from '../core/value.js'

/** How two variants are compared: variant / baseline, or variant - baseline. */
export type Scale = 'ratio' | 'difference'

/** Of requests and reads that should not be there at all: a tenth of a per cent of them matters. */
const RARE: readonly string[] = ['load.error_share', 'reads.stale_share']
const RARE_MARGIN = 0.001

const isShare = ({ unit }: Metric): boolean => unit === 'share' || unit === ''
const isRate = ({ unit }: Metric): boolean => unit === 'requests/s'
const isTime = ({ unit }: Metric): boolean => unit === 'ms'

/**
 * Times and rates are compared by their ratio, as long as all of them are above zero. Shares, indices and counts by
 * their difference: they may be zero, and twice as few of almost none is no news.
 */
export function scaleOf(metric: Metric, values: readonly number[]): Scale {
  return (isRate(metric) || isTime(metric)) && values.every((value) => value > 0) ? 'ratio' : 'difference'
}

/**
 * The difference that is too small to matter, on the scale of the comparison.
 * - ratio: the margin itself, relative: with 0.03, all from 1/1.03 to 1.03
 * - difference of shares and indices: the margin, absolute: with 0.03, three percentage points; of errors and stale
 *   reads at most 0.001, a tenth of a percentage point
 * - difference of anything else: the margin times the baseline's median, so that it stays relative
 * @param margin relative, above 0: 0.03 is 3 %
 */
export function marginOf(metric: Metric, margin: number, scale: Scale, baselineMedian: number): number {
  if (scale === 'ratio') return margin
  if (RARE.includes(metric.name)) return Math.min(margin, RARE_MARGIN)
  return isShare(metric) ? margin : margin * Math.abs(baselineMedian)
}

/** An effect as tables have it: "2.93x", "-0.3 pp" (percentage points), "+12 requests"; a dash where there is none. */
export function effectText(effect: number | null, scale: Scale, metric: Metric): string {
  if (effect === null) return '-'
  if (scale === 'ratio') return formatRatio(effect)
  return `${signed(effect, scale, metric)}${metric.unit === 'share' ? ' pp' : unitOf(effect, scale, metric)}`
}

/** An effect in words, with its sign: "+9.1 %" for a ratio of 1.091, "-0.3 percentage points", "+12 requests". */
function inWords(effect: number, scale: Scale, metric: Metric): string {
  return `${signed(effect, scale, metric)}${unitOf(effect, scale, metric)}`
}

/** Where an interval reaches from and to: "-2 % to +9 %", "-0.04 to +0.23 percentage points". */
export function formatReach([from, to]: readonly [number, number], scale: Scale, metric: Metric): string {
  const unit = unitOf(from, scale, metric)
  return `${signed(from, scale, metric)}${unit === ' %' ? unit : ''} to ${inWords(to, scale, metric)}`
}

function signed(effect: number, scale: Scale, { unit }: Metric): string {
  const value = scale === 'ratio' ? effect - 1 : effect
  const size = formatNumber(Math.abs(value) * (scale === 'ratio' || unit === 'share' ? 100 : 1))
  return `${value > 0 ? '+' : value < 0 ? '-' : ''}${size}`
}

function unitOf(effect: number, scale: Scale, { unit }: Metric): string {
  if (scale === 'ratio') return ' %'
  if (unit === 'share') return ' percentage points'
  const [, words = ''] = /^\S+( .+)?$/.exec(formatValue(Math.abs(effect), unit)) ?? []
  return words
}

import { type ScaleContinuousNumeric, scaleLinear, scaleLog, scaleSymlog } from 'd3-scale'
import { formatNumber } from '../../core/units.js'
import { median } from '../../stats/quantiles.js'
import type { Plot, Tick } from './frame.js'

/** A vertical scale with its ticks. */
export interface ValueScale {
  y: ScaleContinuousNumeric<number, number>
  ticks: Tick[]
  log: boolean
}

/** Above this ratio of largest to smallest, equal steps would flatten everything but the largest. */
export const LOG_FROM = 100

/** A linear scale from 0, or a logarithmic one where values span more than two powers of ten. */
export function latencyScale(values: readonly number[], plot: Plot): ValueScale {
  const positive = values.filter((value) => value > 0)
  const smallest = Math.min(...positive)
  const largest = Math.max(...positive)
  if (positive.length === values.length && largest / smallest > LOG_FROM) {
    const y = scaleLog([smallest, largest], [plot.bottom, plot.top]).nice()
    const powers = y.ticks().filter(isPowerOfTen)
    return { y, ticks: powers.map((value) => ({ at: y(value), label: formatNumber(value) })), log: true }
  }
  return linear(positive.length === 0 ? 1 : largest, plot)
}

/**
 * The same for lags, which are often 0 and for a moment very long: linear, or where the longest is more than a hundred
 * medians, linear up to 1 ms and logarithmic beyond, so that 0 keeps a place.
 */
export function lagScale(values: readonly number[], plot: Plot): ValueScale {
  const largest = Math.max(0, ...values)
  if (largest <= LOG_FROM * Math.max(1, median(values) ?? 1)) return linear(largest > 0 ? largest : 1, plot)
  const top = 10 ** Math.ceil(Math.log10(largest) - 1e-9)
  const y = scaleSymlog([0, top], [plot.bottom, plot.top]).constant(1)
  const powers = [0, ...Array.from({ length: Math.round(Math.log10(top)) + 1 }, (_, exponent) => 10 ** exponent)]
  return { y, ticks: powers.map((value) => ({ at: y(value), label: formatNumber(value) })), log: true }
}

function linear(largest: number, plot: Plot): ValueScale {
  const y = scaleLinear([0, largest], [plot.bottom, plot.top]).nice(5)
  return { y, ticks: y.ticks(5).map((value) => ({ at: y(value), label: formatNumber(value) })), log: false }
}

function isPowerOfTen(value: number): boolean {
  const exponent = Math.log10(value)
  return Math.abs(exponent - Math.round(exponent)) < 1e-9
}

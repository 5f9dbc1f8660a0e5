import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from 'd3-scale'
import { formatNumber } from '../../core/units.js'
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

function linear(largest: number, plot: Plot): ValueScale {
  const y = scaleLinear([0, largest], [plot.bottom, plot.top]).nice(5)
  return { y, ticks: y.ticks(5).map((value) => ({ at: y(value), label: formatNumber(value) })), log: false }
}

function isPowerOfTen(value: number): boolean {
  const exponent = Math.log10(value)
  return Math.abs(exponent - Math.round(exponent)) < 1e-9
}

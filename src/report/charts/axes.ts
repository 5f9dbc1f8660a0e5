import { scaleLinear, scaleLog, scaleSymlog } from 'd3-scale'
import { formatNumber } from '../../core/units.js'
import { median } from '../../stats/quantiles.js'
import type { Axis, Tick } from './chart.js'

/** Above this ratio of largest to smallest, equal steps would flatten everything but the largest. */
const LOG_FROM = 100

/** Equal steps from 0 to the largest value, or to the next round one. */
export function fromZero(
  largest: number,
  {
    count = 5,
    nice = true,
    format = formatNumber,
  }: { count?: number; nice?: boolean; format?: (value: number) => string } = {},
): Axis {
  const scale = scaleLinear([0, largest > 0 ? largest : 1], [0, 1])
  if (nice) scale.nice(count)
  return { scale, ticks: ticksAt(scale.ticks(count), format) }
}

export function ticksAt(values: readonly number[], format: (value: number) => string = formatNumber): Tick[] {
  return values.map((value) => ({ value, label: format(value) }))
}

/** A linear axis from 0, or a logarithmic one where values span more than two powers of ten. */
export function latencyAxis(values: readonly number[]): Axis {
  const [smallest, largest, log] = spanOf(values)
  if (!log) return fromZero(largest)
  const scale = scaleLog([smallest, largest], [0, 1]).nice()
  return { scale, ticks: ticksAt(scale.ticks().filter(isPowerOfTen)), log }
}

/**
 * The same for lags, which are often 0 and for a moment very long: linear, or where the longest is more than a hundred
 * medians, linear up to 1 ms and logarithmic beyond, so that 0 keeps a place.
 */
export function lagAxis(values: readonly number[]): Axis {
  const largest = Math.max(0, ...values)
  if (largest <= LOG_FROM * Math.max(1, median(values) ?? 1)) return fromZero(largest)
  const powers = Math.ceil(Math.log10(largest) - 1e-9)
  const scale = scaleSymlog([0, 10 ** powers], [0, 1]).constant(1)
  return { scale, ticks: ticksAt([0, ...Array.from({ length: powers + 1 }, (_, power) => 10 ** power)]), log: true }
}

/** Smallest and largest value above 0, and whether there are none at 0 and they span more than two powers of ten. */
function spanOf(values: readonly number[]): [smallest: number, largest: number, log: boolean] {
  const positive = values.filter((value) => value > 0)
  if (positive.length === 0) return [1, 1, false]
  const [smallest, largest] = [Math.min(...positive), Math.max(...positive)]
  return [smallest, largest, positive.length === values.length && largest / smallest > LOG_FROM]
}

function isPowerOfTen(value: number): boolean {
  const exponent = Math.log10(value)
  return Math.abs(exponent - Math.round(exponent)) < 1e-9
}

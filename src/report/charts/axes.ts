import { scaleLinear, scaleLog, scaleSymlog } from 'd3-scale'
import { formatNumber, formatRatio } from '../../core/units.js'
import { median } from '../../stats/quantiles.js'
import type { Axis, Tick } from './chart.js'

/** Above this ratio of largest to smallest, equal steps would flatten everything but the largest. */
const LOG_FROM = 100
/** Beyond the smallest and the largest on a base line of powers, as a factor. */
const ROOM = 1.25

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

/** The same along a base line, where there is room for more labels than powers of ten. */
export function timesAxis(values: readonly number[]): Axis {
  const [smallest, largest, log] = spanOf(values)
  if (!log) {
    const { scale } = fromZero(largest)
    return { scale, ticks: ticksAt(scale.ticks(6)) }
  }
  const scale = scaleLog([smallest / ROOM, largest * ROOM], [0, 1])
  return { scale, ticks: ticksAt(scale.ticks().filter((value) => /^[0.]*[125]0*$/.test(String(value)))), log }
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

/** From zero where values differ by much; near them where they do not, or their dots would be one line. */
export function spreadAxis(values: readonly number[]): Axis {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const span = high - low || high
  const from = low < high / 2 ? 0 : low - span * 0.15
  const scale = scaleLinear([Math.max(0, from), high + span * 0.05], [0, 1])
  return { scale, ticks: ticksAt(scale.ticks(6)) }
}

/** The ratio 1 in sight of all others, twice as much and half as much equally far from it. */
export function ratioAxis(low: number, high: number): Axis {
  return { scale: scaleLog([low, high], [0, 1]).clamp(true), ticks: ticksAt(roundRatios(low, high), formatRatio) }
}

/** Round ratios between the ends, few enough to be read. */
function roundRatios(low: number, high: number): number[] {
  for (const steps of [
    [0.96, 0.98, 1, 1.02, 1.04],
    [0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2],
    [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5],
    [0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 5, 7, 10],
    [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
  ]) {
    const inside = steps.filter((value) => value >= low && value <= high)
    const [first = 1, last = 1] = [steps[0], steps.at(-1)]
    if (low >= first * 0.97 && high <= last * 1.03 && inside.length <= 9) return inside
  }
  const powers = [-4, -3, -2, -1, 0, 1, 2, 3, 4].map((power) => 10 ** power)
  return powers.filter((value) => value >= low && value <= high)
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

import { scaleLinear } from 'd3-scale'
import { line as lineOf } from 'd3-shape'
import type { Percentiles } from '../../core/record.js'
import { formatNumber } from '../../core/units.js'
import type { DistributionPoint } from '../../stats/histogram.js'
import { baseAxis, type Plot, valueAxis } from './frame.js'
import { el, type Svg, text } from './svg.js'

/** One cumulative distribution to draw. */
export interface Curve {
  points: readonly DistributionPoint[]
  /** Classes of the line. */
  stroke: string
}

/** Percentiles on an axis of nines: every further nine (90, 99, 99.9 %) takes the same room. */
export interface PercentileAxes {
  x: (share: number) => number
  y: (ms: number) => number
  behind: Svg[]
  front: Svg[]
}

const MARKS = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999]

export function percentileAxes(curves: readonly Curve[], plot: Plot): PercentileAxes {
  // The last point of a curve has share 1, which no axis of nines holds: it is drawn where the one before it ends.
  const reach = Math.max(1, ...curves.map(({ points }) => nines(lastShare(points))))
  const scale = scaleLinear([0, reach], [plot.left, plot.right])
  const largest = Math.max(...curves.flatMap(({ points }) => points.map(({ ms }) => ms)), 0.001)
  const y = scaleLinear([0, largest], [plot.bottom, plot.top]).nice(5)
  const marks = MARKS.filter((share) => nines(share) <= reach + 1e-9)
  const at = (share: number): number => scale(Math.min(nines(share), reach))
  return {
    x: at,
    y,
    behind: [
      ...valueAxis(
        plot,
        y.ticks(5).map((value) => ({ at: y(value), label: formatNumber(value) })),
      ),
      ...marks
        .slice(1)
        .map((share) => el('line', { x1: at(share), x2: at(share), y1: plot.top, y2: plot.bottom, class: 'grid' })),
    ],
    front: baseAxis(
      plot,
      marks.map((share) => ({ at: at(share), label: `${Number((share * 100).toFixed(4))} %` })),
      'share of the answers that came within this time (each further nine takes the same room)',
    ),
  }
}

/** The curve as a path. */
export function curvePath({ points, stroke }: Curve, axes: PercentileAxes): Svg {
  const end = lastShare(points)
  const drawn = points.map(({ share, ms }): [number, number] => [axes.x(Math.min(share, end)), axes.y(ms)])
  const first = points[0]
  if (first !== undefined) drawn.unshift([axes.x(0), axes.y(first.ms)])
  return el('path', { class: `line ${stroke}`, d: lineOf().digits(1)(drawn) ?? '' })
}

/** Where a curve ends, in pixels. */
export function curveEnd({ points }: Curve, axes: PercentileAxes): { x: number; y: number } {
  return { x: axes.x(lastShare(points)), y: axes.y(points.at(-1)?.ms ?? 0) }
}

/** Dots at the percentiles of the report's table, with their values; those that rest on less than one answer left out. */
export function percentileDots(percentiles: Percentiles, fill: string, axes: PercentileAxes, plot: Plot): Svg[] {
  const { p50, p90, p99, p99_9 } = percentiles
  const named: [number, number | null][] = [
    [0.5, p50],
    [0.9, p90],
    [0.99, p99],
    [0.999, p99_9],
  ]
  return named.flatMap(([share, ms]) => {
    if (ms === null || (1 - share) * percentiles.count < 1) return []
    const [x, y] = [axes.x(share), axes.y(ms)]
    return [
      el('circle', { cx: x, cy: y, r: 3.5, class: fill }),
      text(`${formatNumber(ms)} ms`, { ...dotLabel(share, x, y, plot), class: 'small strong halo' }),
    ]
  })
}

/** Left above the dot, where a rising curve leaves room; the median's would cover the axis there. */
function dotLabel(
  share: number,
  x: number,
  y: number,
  plot: Plot,
): { x: number; y: number; anchor: 'start' | 'middle' | 'end' } {
  if (share > 0.5) return { x: x - 7, y: Math.max(y - 8, plot.top + 10), anchor: 'end' }
  return plot.bottom - y > 26 ? { x: x + 8, y: y + 15, anchor: 'start' } : { x: x - 14, y: y - 10, anchor: 'middle' }
}

/** The largest share short of 1; everything beyond it is the one longest answer. */
function lastShare(points: readonly DistributionPoint[]): number {
  return points.findLast(({ share }) => share < 1)?.share ?? 0.9
}

function nines(share: number): number {
  return share >= 1 ? Number.POSITIVE_INFINITY : -Math.log10(1 - share)
}

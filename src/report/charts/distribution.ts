import { scaleLinear } from 'd3-scale'
import type { Percentiles, RunRecord } from '../../core/record.js'
import { formatNumber } from '../../core/units.js'
import { type DistributionPoint, Histogram } from '../../stats/histogram.js'
import { fromZero } from './axes.js'
import { type ChartText, chart, type Layer, type Series } from './chart.js'
import { dot, words } from './layers.js'
import { seriesNames, titled } from './names.js'
import type { Svg } from './svg.js'
import { SERIES_COLOURS } from './theme.js'

/** A run with the name it has in this comparison. */
export interface NamedRun {
  name: string
  record: RunRecord
}

/** One cumulative distribution to draw. */
interface Curve extends Pick<Series, 'stroke' | 'label'> {
  points: readonly DistributionPoint[]
}

/** Points per curve: about one for every four pixels. */
const CURVE_POINTS = 160
const MARKS = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999]

/** Percentiles of response and service time, after HdrHistogram's plots; null where nothing was answered. */
export function latencyDistribution(record: RunRecord): Svg | null {
  const open = record.load.mode === 'open'
  const { p50, p90, p99, p99_9, max } = record.latency.response_ms
  const said = Object.entries({ p50, p90, p99, 'p99.9': p99_9, maximum: max }).map(
    ([name, value]) => `${name} ${value === null ? '-' : formatNumber(value)} ms`,
  )
  const curves: Curve[] = [{ label: 'response', stroke: 's0', points: pointsOf(record.histograms.response) }]
  // A closed loop sends when a connection is free: both times are the same there.
  if (open) curves.push({ label: 'service', stroke: 's1 dash1', points: pointsOf(record.histograms.service) })
  if (curves[0]?.points.length === 0) return null
  return percentileChart(
    {
      title: 'Latency distribution',
      subtitle: open
        ? 'ms; response time from the moment a request was due, service time from when it was sent'
        : 'ms; in a closed loop response and service time are the same',
      description: `Response time: ${said.join(', ')}.`,
    },
    curves,
    percentileDots(record.latency.response_ms),
  )
}

/** Percentiles of the response time of several runs, one over the other; null where none has an answer. */
export function latencyComparison(runs: readonly NamedRun[]): Svg | null {
  const drawn = runs
    .map(({ name, record }, i) => ({ name, record, stroke: style(i), points: pointsOf(record.histograms.response) }))
    .filter(({ points }) => points.length > 0)
  if (drawn.length === 0) return null
  const { shared, labels } = seriesNames(drawn.map(({ name }) => name))
  const p99 = (record: RunRecord): string => {
    const value = record.latency.response_ms.p99
    return value === null ? '-' : `${formatNumber(value)} ms`
  }
  return percentileChart(
    {
      title: titled('Latency distribution', shared),
      subtitle: 'response time in ms; lower is better, and a curve that rises late has a short tail',
      description: drawn.map(({ name, record }) => `${name}: p99 ${p99(record)}`).join(', '),
    },
    drawn.map(({ points, stroke }, i) => ({ points, stroke, label: labels[i] ?? '' })),
  )
}

/** Percentiles on an axis of nines: every further nine (90, 99, 99.9 %) takes the same room. */
function percentileChart(said: ChartText, curves: readonly Curve[], above: readonly Layer[] = []): Svg {
  const drawn = curves.filter(({ points }) => points.length > 0)
  const reach = Math.max(1, ...drawn.map(({ points }) => nines(lastShare(points))))
  const marks = MARKS.filter((share) => nines(share) <= reach + 1e-9)
  return chart({
    ...said,
    height: 256,
    x: {
      scale: scaleLinear([0, reach], [0, 1]).clamp(true),
      ticks: marks.map((share) => ({ value: nines(share), label: `${Number((share * 100).toFixed(4))} %` })),
      title: 'share of the answers that came within this time (each further nine takes the same room)',
      grid: true,
    },
    y: fromZero(Math.max(0.001, ...drawn.flatMap(({ points }) => points.map(({ ms }) => ms)))),
    // The first on top.
    series: drawn.toReversed().map(({ points, ...look }) => {
      // The last point of a curve has share 1, which no axis of nines holds: it is drawn where the one before it ends.
      const end = lastShare(points)
      const first = points.slice(0, 1).map(({ ms }) => [0, ms] as const)
      return {
        ...look,
        points: [...first, ...points.map(({ share, ms }) => [nines(Math.min(share, end)), ms] as const)],
      }
    }),
    above,
  })
}

/** Dots at the percentiles of the report's table, with their values; those that rest on less than one answer left out. */
function percentileDots({ p50, p90, p99, p99_9, count }: Percentiles): Layer[] {
  const named = [
    [0.5, p50],
    [0.9, p90],
    [0.99, p99],
    [0.999, p99_9],
  ] as const
  return named.flatMap(([share, ms]) => {
    if (ms === null || (1 - share) * count < 1) return []
    const at = [nines(share), ms] as const
    const label: Layer = (frame) =>
      words(`${formatNumber(ms)} ms`, at, {
        ...labelPlace(share, frame.y(ms) - frame.top, frame.bottom - frame.y(ms)),
        class: 'small strong halo',
      })(frame)
    return [dot(at, 'f0'), label]
  })
}

/** Left above the dot, where a rising curve leaves room; the median's would cover the axis there. Room in pixels. */
function labelPlace(share: number, above: number, below: number) {
  if (share > 0.5) return { dx: -7, dy: Math.max(-8, 10 - above), anchor: 'end' } as const
  return below > 26 ? ({ dx: 8, dy: 15, anchor: 'start' } as const) : ({ dx: -14, dy: -10, anchor: 'middle' } as const)
}

function pointsOf(histogram: string): DistributionPoint[] {
  return Histogram.decode(histogram).distribution(CURVE_POINTS)
}

/** The largest share short of 1; everything beyond it is the one longest answer. */
function lastShare(points: readonly DistributionPoint[]): number {
  return points.findLast(({ share }) => share < 1)?.share ?? 0.9
}

function nines(share: number): number {
  return share >= 1 ? Number.POSITIVE_INFINITY : -Math.log10(1 - share)
}

/** Colour and dashes of the i-th series: dashes tell them apart in black and white. */
function style(i: number): string {
  // Shifted each time the colours begin again, so that no two of the first eighteen look alike.
  const dashes = ['', ' dash1', ' dash2'][(i + Math.floor(i / SERIES_COLOURS)) % 3] ?? ''
  return `s${i % SERIES_COLOURS}${dashes}`
}

import type { RunRecord } from '../../core/record.js'
import { formatNumber, formatRatio } from '../../core/units.js'
import { Histogram } from '../../stats/histogram.js'
import { barChart } from './bars.js'
import { chart, type Plot } from './frame.js'
import { endLabels } from './labels.js'
import { CURVE_POINTS } from './latency-distribution.js'
import { type Curve, curveEnd, curvePath, percentileAxes } from './percentile-axis.js'
import { seriesNames } from './series-names.js'
import { boldWidth, cutText, type Svg } from './svg.js'
import { SERIES_COLOURS, WIDTH } from './theme.js'

/** A run with the name it has in this comparison. */
export interface NamedRun {
  name: string
  record: RunRecord
}

/** Goodput and errors of several runs as bars; the first run is the baseline of the ratios. */
export function rateComparison(runs: readonly NamedRun[]): Svg | null {
  const baseline = runs[0]?.record.load.goodput_rps ?? 0
  const offered = runs.some(({ record }) => record.load.offered_rps !== null)
  const errors = runs.some(({ record }) => errorRate(record) > 0)
  const { shared, labels } = seriesNames(runs.map(({ name }) => name))
  return barChart({
    title: titled('Rate', shared),
    subtitle: [
      'answers below 400 per second',
      ...(errors ? ['errors beyond them in orange'] : []),
      ...(offered ? ['the dark line is the offered rate'] : []),
    ].join('; '),
    description: runs
      .map(({ name, record }) => `${name}: ${formatNumber(record.load.goodput_rps)} requests/s`)
      .join(', '),
    axis: 'requests per second',
    bars: runs.map(({ record }, i) => ({
      name: labels[i] ?? '',
      value: record.load.goodput_rps,
      errors: errorRate(record),
      mark: record.load.offered_rps,
      words: `${formatNumber(record.load.goodput_rps)}${i === 0 || baseline === 0 ? '' : ` · ${formatRatio(record.load.goodput_rps / baseline)}`}`,
      fill: 'f0',
    })),
  })
}

/** With what the names of all runs have in common. */
function titled(title: string, shared: string): string {
  return shared === '' ? title : `${title}: ${cutText(shared, 420)}`
}

function errorRate(record: RunRecord): number {
  return Math.max(0, record.load.achieved_rps - record.load.goodput_rps)
}

const HEIGHT = 400

/** Percentiles of the response time of several runs, one over the other; null where none has an answer. */
export function latencyComparison(runs: readonly NamedRun[]): Svg | null {
  const curves = runs.flatMap(({ name, record }, i): (Curve & { name: string; p99: number | null })[] => {
    const points = Histogram.decode(record.histograms.response).distribution(CURVE_POINTS)
    if (points.length === 0) return []
    return [{ name, points, stroke: style(i), p99: record.latency.response_ms.p99 }]
  })
  if (curves.length === 0) return null
  const { shared, labels: ends } = seriesNames(curves.map(({ name }) => name))
  const names = ends.map((name) => cutText(name, 190))
  const room = Math.max(...names.map((name) => boldWidth(name))) + 50
  const plot: Plot = { left: 68, right: WIDTH - room, top: 78, bottom: HEIGHT - 56 }
  const axes = percentileAxes(curves, plot)
  const labels = curves.map((curve, i) => ({ words: names[i] ?? '', stroke: curve.stroke, ...curveEnd(curve, axes) }))
  return chart(
    {
      title: titled('Latency distribution', shared),
      subtitle: 'response time in ms; lower is better, and a curve that rises late has a short tail',
      description: curves
        .map(({ name, p99 }) => `${name}: p99 ${p99 === null ? '-' : `${formatNumber(p99)} ms`}`)
        .join(', '),
    },
    HEIGHT,
    [
      ...axes.behind,
      ...[...curves].reverse().map((curve) => curvePath(curve, axes)),
      ...axes.front,
      ...endLabels(labels, plot.right + 30, plot.top + 6, plot.bottom - 4),
    ],
  )
}

/** Colour and dashes of the i-th series: dashes tell them apart in black and white. */
function style(i: number): string {
  // Shifted each time the colours begin again, so that no two of the first eighteen look alike.
  const dashes = ['', ' dash1', ' dash2'][(i + Math.floor(i / SERIES_COLOURS)) % 3] ?? ''
  return `s${i % SERIES_COLOURS}${dashes}`
}

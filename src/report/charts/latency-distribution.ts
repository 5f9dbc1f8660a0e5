import type { RunRecord } from '../../core/record.js'
import { formatNumber } from '../../core/units.js'
import { Histogram } from '../../stats/histogram.js'
import { chart, type Plot } from './frame.js'
import { endLabels } from './labels.js'
import { type Curve, curveEnd, curvePath, percentileAxes, percentileDots } from './percentile-axis.js'
import type { Svg } from './svg.js'
import { WIDTH } from './theme.js'

const HEIGHT = 380
const LABELS = 110

/** Points per curve: about one for every four pixels. */
export const CURVE_POINTS = 160

/** Percentiles of response and service time, after HdrHistogram's plots; null where nothing was answered. */
export function latencyDistribution(record: RunRecord): Svg | null {
  const response = Histogram.decode(record.histograms.response).distribution(CURVE_POINTS)
  if (response.length === 0) return null
  const curves: (Curve & { words: string })[] = [{ words: 'response', points: response, stroke: 's0' }]
  // A closed loop sends when a connection is free: both times are the same there.
  if (record.load.mode === 'open') {
    const service = Histogram.decode(record.histograms.service).distribution(CURVE_POINTS)
    if (service.length > 0) curves.push({ words: 'service', points: service, stroke: 's1 dash1' })
  }
  const plot: Plot = { left: 68, right: WIDTH - LABELS - 20, top: 78, bottom: HEIGHT - 56 }
  const axes = percentileAxes(curves, plot)
  const labels = curves.map((curve) => ({ words: curve.words, stroke: curve.stroke, ...curveEnd(curve, axes) }))
  return chart(
    {
      title: 'Latency distribution',
      subtitle:
        record.load.mode === 'open'
          ? 'ms; response time from the moment a request was due, service time from when it was sent'
          : 'ms; in a closed loop response and service time are the same',
      description: describe(record),
    },
    HEIGHT,
    [
      ...axes.behind,
      ...[...curves].reverse().map((curve) => curvePath(curve, axes)),
      ...axes.front,
      ...percentileDots(record.latency.response_ms, 'f0', axes, plot),
      ...endLabels(labels, plot.right + 30, plot.top + 6, plot.bottom - 4),
    ],
  )
}

function describe(record: RunRecord): string {
  const { p50, p90, p99, p99_9, max } = record.latency.response_ms
  const named = [
    ['p50', p50],
    ['p90', p90],
    ['p99', p99],
    ['p99.9', p99_9],
    ['maximum', max],
  ] as const
  return `Response time: ${named.map(([name, value]) => `${name} ${value === null ? '-' : formatNumber(value)} ms`).join(', ')}.`
}

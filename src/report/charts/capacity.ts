import { scaleLinear } from 'd3-scale'
import { type CapacityProbe, type CapacityRecord, probedRates } from '../../core/capacity.js'
import { formatNumber } from '../../core/units.js'
import { kneeOf, type Point } from '../../stats/knee.js'
import { median } from '../../stats/quantiles.js'
import { latencyAxis, ticksAt } from './axes.js'
import { chart, type Layer } from './chart.js'
import { dot, shade, words } from './layers.js'
import { line, type Svg } from './svg.js'

type Metric = 'p50_ms' | 'p95_ms' | 'p99_ms'

const CURVES: readonly { metric: Metric; words: string; series: number; dash: string }[] = [
  { metric: 'p99_ms', words: 'p99', series: 1, dash: '' },
  { metric: 'p95_ms', words: 'p95', series: 2, dash: ' dash1' },
  { metric: 'p50_ms', words: 'p50', series: 0, dash: '' },
]

/** Probes that say something of the system. */
export function judgedProbes(record: CapacityRecord): CapacityProbe[] {
  return record.probes.filter(({ holds }) => holds !== null)
}

/** Where p99 turns upwards; null where the probes show no bend. */
export function kneeOfProbes(record: CapacityRecord): Point | null {
  return kneeOf(judgedProbes(record).flatMap(({ rps, p99_ms: y }) => (y === null ? [] : [{ x: rps, y }])))
}

/**
 * p50, p95 and p99 against the offered rate: lines through the medians of each rate's probes, a dot per probe (hollow
 * where the objective was missed), the bound, the capacity with its interval, the knee. Null without two rates.
 */
export function latencyAgainstRate(record: CapacityRecord): Svg | null {
  const { capacity_rps: capacity, maximum_rps: maximum, interval } = record
  const probes = judgedProbes(record)
  const curves = CURVES.map((curve) => ({ ...curve, points: medians(probes, curve.metric) }))
  if (Math.max(...curves.map(({ points }) => points.length)) < 2) return null
  const values = probes.flatMap(({ p50_ms, p95_ms, p99_ms }) => [p50_ms, p95_ms, p99_ms]).filter((ms) => ms !== null)
  const bounds = boundsOf(record)
  const x = scaleLinear([0, Math.max(...probes.map(({ rps }) => rps), maximum ?? 0)], [0, 1]).nice(8)
  const y = latencyAxis([...values, ...bounds.map(({ bound }) => bound)])
  const knee = kneeOfProbes(record)
  const marks = Object.entries({ knee: knee?.x ?? null, capacity, 'closed loop': maximum })
  return chart({
    title: 'Latency against offered rate',
    subtitle: `response time in ms${y.log ? ', log scale' : ''}; lines join the medians of each rate`,
    description: describe(record, knee),
    height: 262,
    x: { scale: x, ticks: ticksAt(x.ticks(8)), title: 'offered rate, requests/s' },
    y,
    legend: [
      { words: 'a probe in which the objective held', fill: 'f1', dot: 'filled' },
      { words: 'missed', fill: 's1', dot: 'hollow' },
    ],
    below: interval === null || interval[0] === 0 ? [] : [shade(interval[0], interval[1], 'band f0')],
    series: curves.map(({ points, words: label, series, dash }) => ({
      label,
      points: points.map((point) => [point.x, point.y] as const),
      stroke: `s${series}${dash}`,
    })),
    above: [
      ...bounds.map(({ words: said, bound }) => boundLine(said, bound)),
      ...curves.flatMap(({ metric, series }) =>
        probes.flatMap(({ rps, holds, [metric]: ms }) => {
          if (ms === null) return []
          const held = holds === true
          return [dot([rps, ms], held ? `f${series}` : `s${series}`, { r: 4, hollow: !held })]
        }),
      ),
    ],
    marks: marks.flatMap(([name, value]) =>
      value === null ? [] : [{ value, words: `${name} ${formatNumber(value)}/s` }],
    ),
  })
}

/** The median of the probes of each rate. */
function medians(probes: readonly CapacityProbe[], metric: Metric): Point[] {
  return probedRates(probes).flatMap(({ rps }) => {
    const middle = median(probes.flatMap((probe) => (probe.rps === rps ? (probe[metric] ?? []) : [])))
    return middle === null ? [] : [{ x: rps, y: middle }]
  })
}

/** Objectives on a response time: only they have a place among latencies. */
function boundsOf({ objectives }: CapacityRecord): { words: string; bound: number }[] {
  return objectives.flatMap(({ metric, text, bound }) =>
    metric.startsWith('latency.') ? [{ words: text.replace(/([<>]=?)/, ' $1 '), bound }] : [],
  )
}

function boundLine(said: string, bound: number): Layer {
  return (frame) => [
    line(frame.left, frame.y(bound), frame.right, frame.y(bound), 'expected dash1'),
    ...words(said, [0, bound], { dx: 8, dy: -6, class: 'small strong halo' })(frame),
  ]
}

function describe(record: CapacityRecord, knee: Point | null): string {
  const rows = medians(judgedProbes(record), 'p99_ms').map(
    ({ x, y }) => `${formatNumber(y)} ms at ${formatNumber(x)} requests/s`,
  )
  const parts = [
    `Median p99: ${rows.join(', ')}.`,
    ...(record.capacity_rps === null ? [] : [`Capacity: ${formatNumber(record.capacity_rps)} requests/s.`]),
    ...(knee === null ? [] : [`The knee lies at ${formatNumber(knee.x)} requests/s.`]),
  ]
  return parts.join(' ')
}

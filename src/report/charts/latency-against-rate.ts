import { scaleLinear } from 'd3-scale'
import { type CapacityProbe, type CapacityRecord, probedRates } from '../../core/capacity.js'
import { formatNumber } from '../../core/units.js'
import { kneeOf, type Point } from '../../stats/knee.js'
import { median } from '../../stats/quantiles.js'
import { baseAxis, chart, type Plot, valueAxis } from './frame.js'
import { type EndLabel, endLabels, marksHeight, namedMarks, placeMarks } from './labels.js'
import { coordinate, el, line, type Svg, text, textWidth } from './svg.js'
import { WIDTH } from './theme.js'
import { latencyScale } from './value-scale.js'

const HEIGHT = 420
const LABELS = 110
const DOT = 4

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
  const probes = judgedProbes(record)
  const curves = CURVES.map((curve) => ({ ...curve, points: medians(probes, curve.metric) }))
  const values = probes.flatMap(({ p50_ms, p95_ms, p99_ms }) => [p50_ms, p95_ms, p99_ms]).filter((ms) => ms !== null)
  if (Math.max(...curves.map(({ points }) => points.length)) < 2) return null
  const bounds = boundsOf(record)
  const sides = { left: 68, right: WIDTH - LABELS - 20 }
  const rates = probes.map(({ rps }) => rps)
  const x = scaleLinear([0, Math.max(...rates, record.maximum_rps ?? 0)], [sides.left, sides.right]).nice(8)
  const knee = kneeOfProbes(record)
  const capacity = record.capacity_rps
  const placed = placeMarks([
    ...(knee === null ? [] : [{ x: x(knee.x), words: `knee ${formatNumber(knee.x)}/s` }]),
    ...(capacity === null ? [] : [{ x: x(capacity), words: `capacity ${formatNumber(capacity)}/s` }]),
    ...(record.maximum_rps === null
      ? []
      : [{ x: x(record.maximum_rps), words: `closed loop ${formatNumber(record.maximum_rps)}/s` }]),
  ])
  const room = marksHeight(placed)
  const plot: Plot = { ...sides, top: 102 + room, bottom: HEIGHT + room - 56 }
  const { y, ticks, log } = latencyScale([...values, ...bounds.map(({ bound }) => bound)], plot)
  const labels: EndLabel[] = curves.flatMap(({ words, series, points }) => {
    const last = points.at(-1)
    return last === undefined ? [] : [{ words, x: x(last.x), y: y(last.y), stroke: `s${series}` }]
  })
  return chart(
    {
      title: 'Latency against offered rate',
      subtitle: `response time in ms${log ? ', log scale' : ''}; lines join the medians of each rate`,
      description: describe(record, knee),
    },
    HEIGHT + room,
    [
      ...dotKey(plot.left, 76),
      ...interval(record, x, plot),
      ...valueAxis(plot, ticks),
      ...bounds.flatMap(({ words, bound }) => [
        line(plot.left, y(bound), plot.right, y(bound), 'expected dash1'),
        text(words, { x: plot.left + 8, y: y(bound) - 6, class: 'small strong halo' }),
      ]),
      ...curves.map(({ points, series, dash }) =>
        el('path', {
          class: `line s${series}${dash}`,
          d: `M${points.map((point) => `${coordinate(x(point.x))} ${coordinate(y(point.y))}`).join('L')}`,
        }),
      ),
      ...curves.flatMap(({ metric, series }) =>
        probes.flatMap(({ rps, holds, [metric]: ms }) =>
          ms === null ? [] : [dot(x(rps), y(ms), series, holds === true)],
        ),
      ),
      ...baseAxis(
        plot,
        x.ticks(8).map((value) => ({ at: x(value), label: formatNumber(value) })),
        'offered rate, requests/s',
      ),
      ...namedMarks(placed, plot.top, plot.bottom),
      ...endLabels(labels, plot.right + 30, plot.top + 6, plot.bottom - 4),
    ],
  )
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
  return objectives.flatMap(({ metric, text: words, bound }) =>
    metric.startsWith('latency.') ? [{ words: words.replace(/([<>]=?)/, ' $1 '), bound }] : [],
  )
}

function dot(cx: number, cy: number, series: number, held: boolean): Svg {
  return held
    ? el('circle', { class: `f${series}`, cx, cy, r: DOT })
    : el('circle', { class: `surface s${series}`, 'stroke-width': 2, cx, cy, r: DOT })
}

/** What filled and hollow dots say, in one line from `x` on. */
function dotKey(x: number, y: number): Svg[] {
  const entries = [
    { words: 'a probe in which the objective held', held: true },
    { words: 'missed', held: false },
  ]
  let left = x
  return entries.flatMap(({ words, held }) => {
    const at = left
    left += 14 + textWidth(words, 12) + 22
    return [dot(at + 4, y - 4, 1, held), text(words, { x: at + 14, y, class: 'small' })]
  })
}

function interval({ interval: found }: CapacityRecord, x: (rps: number) => number, plot: Plot): Svg[] {
  if (found === null || found[0] === 0) return []
  const [low, high] = found
  const width = Math.max(2, x(high) - x(low))
  return [el('rect', { class: 'band f0', x: x(low), y: plot.top, width, height: plot.bottom - plot.top })]
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

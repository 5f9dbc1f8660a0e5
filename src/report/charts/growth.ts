import { scaleLinear } from 'd3-scale'
import { formatNumber, formatRatio } from '../../core/units.js'
import type { Fits } from '../../stats/fits/fits.js'
import { type LawParameters, throughputAt } from '../../stats/fits/scaling-law.js'
import type { ScalingGroup } from '../../stats/shard-scaling.js'
import { fromZero, ticksAt } from './axes.js'
import { chart, type Layer, type Point, type Series } from './chart.js'
import { across, dot, shade, straight, words } from './layers.js'
import type { Svg } from './svg.js'
import { SERIES_COLOURS } from './theme.js'

/** Points of a curve. */
const STEPS = 120
/** As many labels as a base line has room for, and the share of its length that each needs. */
const TICKS = 9
const TICK_ROOM = 0.045

/** What is drawn: measurements, and the laws fitted to them. */
export type FittedSpeedup = Pick<Fits, 'points' | 'levels' | 'amdahl' | 'usl'>

/**
 * Measured speed-up by number of workers with the fitted laws, beside linear growth. Where the USL tells a peak beyond the
 * data, the curves go on to it over a shaded ground.
 */
export function fittedSpeedup({ points, levels, usl, amdahl }: FittedSpeedup): Svg {
  const [fewest, most] = [levels[0]?.n ?? 1, levels.at(-1)?.n ?? 1]
  const unit = (levels[0]?.x ?? 1) / fewest
  const peak = usl?.peak ?? null
  const end = Math.max(most, (peak?.n ?? 0) * 1.04)
  const curve = (law: LawParameters): Point[] =>
    Array.from({ length: STEPS + 1 }, (_, i) => fewest + ((end - fewest) * i) / STEPS).map((n) => [
      n,
      throughputAt(law, n) / unit,
    ])
  const laws: Series[] = [
    { label: 'Amdahl', points: curve(amdahl), stroke: 's1 dash1' },
    ...(usl === null ? [] : [{ label: 'USL', points: curve(usl), stroke: 's0' }]),
  ]
  const drawn = Math.max(
    ...points.map(({ x, interval }) => (interval?.[1] ?? x) / unit),
    ...laws.flatMap(({ points: of }) => of.map(([, value]) => value ?? 0)),
    (peak?.x ?? 0) / unit,
  )
  // Room for linear growth, as long as that leaves most of the height to what was measured.
  const y = fromZero(Math.max(drawn, Math.min(end, drawn * 1.3)))
  const linear = Math.min(end, y.scale.domain()[1] ?? end)
  const x = scaleLinear([0, end], [0, 1])
  const apart = Math.min(...levels.slice(1).map(({ n }, i) => x(n) - x(levels[i]?.n ?? n)))
  return chart({
    title: 'Speed-up by number of workers',
    subtitle: `throughput over that of n = ${formatNumber(fewest)}${fewest === 1 ? '' : `, times ${formatNumber(fewest)}`}; dots are measured${end > most ? ', shaded is beyond the data' : ''}`,
    description: levels.map((level) => `${formatRatio(level.speedup)} with ${formatNumber(level.n)}`).join(', '),
    height: 270,
    // The measured n where their labels fit, else round numbers.
    x: {
      scale: x,
      ticks: ticksAt(apart >= TICK_ROOM ? levels.map(({ n }) => n) : x.ticks(TICKS)),
      title: 'n, number of workers',
    },
    y: {
      ...y,
      ticks: ticksAt(
        y.ticks.map(({ value }) => value),
        times,
      ),
    },
    below: [
      ...(end > most ? [shade(most, end, 'shade')] : []),
      ...(linear === end ? [] : [words('linear', [linear, linear], { dx: 8, dy: 12, class: 'small muted' })]),
      ...(peak === null ? [] : peakMark(peak.n, peak.x / unit)),
    ],
    series: [
      {
        points: [
          [0, 0],
          [linear, linear],
        ],
        stroke: 'dash2 plan',
        ...(linear === end ? { label: 'linear' } : {}),
      },
      ...laws,
    ],
    above: [
      ...points.flatMap(({ n, interval }) => (interval === undefined ? [] : whisker(n, interval, unit))),
      ...points.map((point) => dot([point.n, point.x / unit], 'ink')),
    ],
  })
}

function peakMark(n: number, speedup: number): Layer[] {
  const label = `peak, n = ${formatNumber(Math.round(n))}`
  return [
    straight([n, speedup], [n, 0], 'mark'),
    words(label, [n, 0], { dx: -6, dy: -8, class: 'small halo', anchor: 'end' }),
  ]
}

function whisker(n: number, [low, high]: readonly [number, number], unit: number): Layer[] {
  return [
    straight([n, low / unit], [n, high / unit], 'expected'),
    ...[low, high].map((value) => across(n, value / unit, 6, 'expected')),
  ]
}

/** Speed-up over the number of shards, a line for each group beside the linear one; null without a group. */
export function shardScaling(groups: readonly ScalingGroup[]): Svg | null {
  const all = groups.flatMap(({ points }) => [...points])
  if (all.length === 0) return null
  const names = scalingNames(groups)
  const counts = [...new Set(all.map(({ shards }) => shards))].toSorted((a, b) => a - b)
  const [fewest = 1, most = 1] = [counts[0], counts.at(-1)]
  const linear = most / Math.min(...groups.map(({ points }) => points[0].shards))
  const y = fromZero(Math.max(linear, ...all.map(({ speedup }) => speedup)))
  const room = (most - fewest) * 0.04
  return chart({
    title: 'Capacity by number of shards',
    subtitle: 'speed-up over the fewest shards; the dashed line is linear growth',
    description: groups
      .map(({ points }, i) => {
        const said = points.map(({ shards, speedup }) => `${formatRatio(speedup)} with ${shards}`)
        return `${names[i]}: ${said.join(', ')}`
      })
      .join('; '),
    height: 250,
    x: { scale: scaleLinear([fewest - room, most + room], [0, 1]), ticks: ticksAt(counts), title: 'shards' },
    y: {
      ...y,
      ticks: ticksAt(
        y.ticks.map(({ value }) => value),
        times,
      ),
    },
    series: [
      {
        label: 'linear',
        points: [
          [fewest, 1],
          [most, linear],
        ],
        stroke: 'dash1 plan',
      },
      ...groups.map(({ points }, i) => ({
        label: names[i] ?? '',
        points: points.map(({ shards, speedup }) => [shards, speedup] as const),
        stroke: `s${i % SERIES_COLOURS}`,
      })),
    ],
    above: [
      ...groups.flatMap(({ points }, i) =>
        points.map(({ shards, speedup }) => dot([shards, speedup], `f${i % SERIES_COLOURS}`, { r: 4.5 })),
      ),
      figures(groups),
    ],
  })
}

/** The speed-up below each point but the first of a line, where no other point stands there. */
function figures(groups: readonly ScalingGroup[]): Layer {
  const all = groups.flatMap(({ points }) => [...points])
  return (frame) =>
    groups
      .flatMap(({ points }) => points.slice(1))
      .filter(
        ({ shards, speedup: mine }) =>
          !all.some(
            (other) => other.shards === shards && other.speedup < mine && frame.y(other.speedup) - frame.y(mine) < 30,
          ),
      )
      .flatMap(({ shards, speedup }) =>
        words(formatRatio(speedup), [shards, speedup], { dy: 20, class: 'small halo', anchor: 'middle' })(frame),
      )
}

/** What tells groups apart: how keys are drawn, and the scheme where it differs. */
export function scalingNames(groups: readonly ScalingGroup[]): string[] {
  const schemes = new Set(groups.map(({ scheme }) => scheme)).size > 1
  const keys = new Set(groups.map((group) => group.keys)).size > 1
  const names = groups.map((group) =>
    [...(keys || !schemes ? [group.keys] : []), ...(schemes ? [group.scheme] : [])].join(', '),
  )
  return names.map((name, i) =>
    names.indexOf(name) === names.lastIndexOf(name)
      ? name
      : `${name} #${names.slice(0, i + 1).filter((other) => other === name).length}`,
  )
}

function times(value: number): string {
  return `${formatNumber(value)}x`
}

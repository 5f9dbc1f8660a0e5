import { scaleLinear } from 'd3-scale'
import { line as lineOf } from 'd3-shape'
import { formatNumber, formatRatio } from '../../core/units.js'
import type { Fits } from '../../stats/fits/fits.js'
import { type LawParameters, throughputAt } from '../../stats/fits/scaling-law.js'
import { baseAxis, chart, type Plot, valueAxis } from './frame.js'
import { type EndLabel, endLabels } from './labels.js'
import { el, line, type Svg, text } from './svg.js'
import { WIDTH } from './theme.js'

const HEIGHT = 400
const LABELS = 96
const DOT = 3.5
/** Points of a curve. */
const STEPS = 120

/** What is drawn: measurements, and the laws fitted to them. */
export interface FittedSpeedup extends Pick<Fits, 'points' | 'levels' | 'amdahl'> {
  usl: Fits['usl']
}

/**
 * Measured speed-up by number of workers with the fitted laws, beside linear growth. Where the USL tells a peak beyond the
 * data, the curves go on to it over a shaded ground.
 */
export function fittedSpeedup({ points, levels, usl, amdahl }: FittedSpeedup): Svg {
  const [fewest, most] = [levels[0]?.n ?? 1, levels.at(-1)?.n ?? 1]
  const unit = (levels[0]?.x ?? 1) / fewest
  const peak = usl?.peak ?? null
  const end = Math.max(most, (peak?.n ?? 0) * 1.04)
  const plot: Plot = { left: 64, right: WIDTH - LABELS - 30, top: 74, bottom: HEIGHT - 56 }
  const speedup = (law: LawParameters) => (n: number) => throughputAt(law, n) / unit
  const laws = [
    ...(usl === null ? [] : [{ words: 'USL', law: speedup(usl), stroke: 's0', dash: '' }]),
    { words: 'Amdahl', law: speedup(amdahl), stroke: 's1', dash: ' dash1' },
  ]
  const drawn = [
    ...points.map(({ x, interval }) => (interval?.[1] ?? x) / unit),
    ...laws.flatMap(({ law }) => [fewest, (fewest + end) / 2, end].map(law)),
    (peak?.x ?? 0) / unit,
  ]
  const x = scaleLinear([0, end], [plot.left, plot.right])
  const y = scaleLinear([0, ceiling(Math.max(...drawn), end)], [plot.bottom, plot.top]).nice(5)
  // Linear growth leaves the chart where it would press everything else to the ground.
  const linear = Math.min(end, y.domain()[1] ?? end)
  const labels: EndLabel[] = [
    ...(linear === end ? [{ words: 'linear', x: x(end), y: y(end), stroke: 'plan' }] : []),
    ...laws.map(({ words, law, stroke }) => ({ words, x: x(end), y: y(law(end)), stroke })),
  ]
  return chart(
    {
      title: 'Speed-up by number of workers',
      subtitle: `throughput over that of n = ${formatNumber(fewest)}${fewest === 1 ? '' : `, times ${formatNumber(fewest)}`}; dots are measured${end > most ? ', shaded is beyond the data' : ''}`,
      description: levels.map((level) => `${formatRatio(level.speedup)} with ${formatNumber(level.n)}`).join(', '),
    },
    HEIGHT,
    [
      ...(end > most
        ? [
            el('rect', {
              class: 'shade',
              x: x(most),
              y: plot.top,
              width: x(end) - x(most),
              height: plot.bottom - plot.top,
            }),
          ]
        : []),
      ...valueAxis(
        plot,
        y.ticks(5).map((value) => ({ at: y(value), label: `${formatNumber(value)}x` })),
      ),
      line(x(0), y(0), x(linear), y(linear), 'line dash2 plan'),
      ...(linear === end ? [] : [text('linear', { x: x(linear) + 8, y: plot.top + 12, class: 'small muted' })]),
      ...(peak === null ? [] : peakMark(x(peak.n), y(peak.x / unit), plot, peak.n)),
      ...laws.toReversed().map(({ law, stroke, dash }) => {
        const path = lineOf<number>()
          .x((n) => x(n))
          .y((n) => y(law(n)))
          .digits(1)(steps(fewest, end))
        return el('path', { class: `line ${stroke}${dash}`, d: path ?? '' })
      }),
      ...points.flatMap(({ n, interval }) =>
        interval === undefined ? [] : whisker(x(n), y(interval[0] / unit), y(interval[1] / unit)),
      ),
      ...points.map((point) => el('circle', { fill: 'currentColor', cx: x(point.n), cy: y(point.x / unit), r: DOT })),
      ...baseAxis(
        plot,
        ticks(
          levels.map(({ n }) => n),
          x,
          plot,
        ).map((n) => ({ at: x(n), label: formatNumber(n) })),
        'n, number of workers',
      ),
      ...endLabels(labels, plot.right + 30, plot.top + 6, plot.bottom - 4),
    ],
  )
}

/** The upper end of the scale: room for linear growth, as long as that leaves most of the height to what was measured. */
function ceiling(drawn: number, linear: number): number {
  return Math.max(drawn, Math.min(linear, drawn * 1.3))
}

function steps(from: number, to: number): number[] {
  return Array.from({ length: STEPS + 1 }, (_, i) => from + ((to - from) * i) / STEPS)
}

/** The measured n where their labels fit, else round numbers. */
function ticks(levels: readonly number[], x: ReturnType<typeof scaleLinear<number>>, plot: Plot): number[] {
  const gaps = levels.slice(1).map((n, i) => x(n) - x(levels[i] ?? n))
  return Math.min(...gaps) >= 30 ? [...levels] : x.ticks(Math.floor((plot.right - plot.left) / 70))
}

function peakMark(x: number, y: number, plot: Plot, n: number): Svg[] {
  return [
    line(x, y, x, plot.bottom, 'mark'),
    text(`peak, n = ${formatNumber(Math.round(n))}`, {
      x: x - 6,
      y: plot.bottom - 8,
      class: 'small halo',
      anchor: 'end',
    }),
  ]
}

function whisker(x: number, low: number, high: number): Svg[] {
  return [
    line(x, low, x, high, 'expected'),
    line(x - 6, low, x + 6, low, 'expected'),
    line(x - 6, high, x + 6, high, 'expected'),
  ]
}

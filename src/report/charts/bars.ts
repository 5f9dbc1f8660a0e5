import { scaleLinear } from 'd3-scale'
import { formatNumber } from '../../core/units.js'
import { baseAxis, type ChartText, chart, type Plot } from './frame.js'
import { boldWidth, cutText, el, line, type Svg, text, textWidth } from './svg.js'
import { WIDTH } from './theme.js'

export interface Bar {
  name: string
  value: number
  /** Length of a second segment in the colour of errors, after the first. */
  errors?: number
  /** Where a mark across the bar stands; null for none. */
  mark: number | null
  /** What is written right of the bar. */
  words: string
  /** Class of the fill. */
  fill: string
}

export interface BarChart extends ChartText {
  bars: readonly Bar[]
  /** Meaning of the axis and of the marks, below it. */
  axis: string
  format?: (value: number) => string
}

const ROW = 34
const THICKNESS = 20
const TOP = 70

/** Horizontal bars from 0 with a label on either side and marks across; null when there are none. */
export function barChart(options: BarChart): Svg | null {
  const { bars, axis, format = formatNumber } = options
  if (bars.length === 0) return null
  const names = bars.map((bar) => cutText(bar.name, 200))
  const plot: Plot = {
    left: 20 + Math.max(...names.map((name) => textWidth(name))) + 14,
    right: WIDTH - 20 - Math.max(...bars.map((bar) => boldWidth(bar.words))) - 14,
    top: TOP,
    bottom: TOP + bars.length * ROW + 6,
  }
  const largest = Math.max(...bars.map((bar) => Math.max(bar.value + (bar.errors ?? 0), bar.mark ?? 0)))
  const x = scaleLinear([0, largest > 0 ? largest : 1], [plot.left, plot.right])
  const ticks = x.ticks(5).map((value) => ({ at: x(value), label: format(value) }))
  return chart(options, plot.bottom + 56, [
    ...ticks.map(({ at }) => line(at, plot.top, at, plot.bottom, 'grid')),
    ...bars.flatMap((bar, i) => {
      const top = plot.top + i * ROW + (ROW - THICKNESS) / 2 + 3
      const middle = top + THICKNESS / 2
      const [end, errorEnd] = [x(bar.value), x(bar.value + (bar.errors ?? 0))]
      return [
        text(names[i] ?? '', { x: plot.left - 12, y: middle + 4.5, anchor: 'end' }),
        el('rect', { class: bar.fill, x: plot.left, y: top, width: end - plot.left, height: THICKNESS }),
        ...(errorEnd > end
          ? [el('rect', { class: 'f1', x: end, y: top, width: errorEnd - end, height: THICKNESS })]
          : []),
        ...(bar.mark === null ? [] : [line(x(bar.mark), top - 5, x(bar.mark), top + THICKNESS + 5, 'expected')]),
        text(bar.words, { x: Math.max(errorEnd, x(bar.mark ?? 0)) + 12, y: middle + 4.5, class: 'strong halo' }),
      ]
    }),
    line(plot.left, plot.top, plot.left, plot.bottom, 'axis'),
    ...baseAxis(plot, ticks, axis),
  ])
}

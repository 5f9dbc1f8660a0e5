import { scaleLinear } from 'd3-scale'
import { formatNumber } from '../../core/units.js'
import { median } from '../../stats/quantiles.js'
import { baseAxis, chart, type Plot } from './frame.js'
import { swarm } from './recovery-times.js'
import { boldWidth, cutText, el, line, type Svg, text, textWidth } from './svg.js'
import { WIDTH } from './theme.js'

/** What the runs of a variant measured of one figure. */
export interface RunValues {
  name: string
  values: readonly number[]
}

const ROW = 52
const TOP = 76
const RADIUS = 3.5

/** A dot for each run in a row for each variant, with a line at the median: what repeats scatter by. Null where there is none. */
export function valuesByRun(variants: readonly RunValues[], label: string, unit: string): Svg | null {
  const rows = variants.filter(({ values }) => values.length > 0)
  const all = rows.flatMap(({ values }) => values)
  if (all.length === 0) return null
  const names = rows.map(({ name }) => cutText(name, 190))
  const words = rows.map(({ values }) => `median ${formatNumber(median(values) ?? 0)}`)
  const plot: Plot = {
    left: 24 + Math.max(...names.map((name) => textWidth(name))) + 14,
    right: WIDTH - 24 - Math.max(...words.map((each) => boldWidth(each, 12))) - 14,
    top: TOP,
    bottom: TOP + rows.length * ROW,
  }
  const [low, high] = [Math.min(...all), Math.max(...all)]
  // From zero where the variants differ by much; near their values where they do not, or the dots would be one line.
  const from = low < high / 2 ? 0 : low - (high - low || high) * 0.15
  const x = scaleLinear([Math.max(0, from), high + (high - low || high) * 0.05], [plot.left, plot.right])
  const ticks = x.ticks(6).map((value) => ({ at: x(value), label: formatNumber(value) }))
  return chart(
    {
      title: `${label.charAt(0).toUpperCase()}${label.slice(1)} of each run`,
      subtitle: `${unit === '' ? 'a dot' : `${unit}; a dot`} for each run that counts, the line is the median`,
      description: rows.map(({ name }, i) => `${name}: ${words[i]}`).join('; '),
    },
    plot.bottom + 54,
    [
      ...ticks.map(({ at }) => line(at, plot.top, at, plot.bottom, 'grid')),
      ...rows.flatMap(({ values }, i) => {
        const middle = plot.top + (i + 0.5) * ROW
        const half = median(values) ?? 0
        return [
          text(names[i] ?? '', { x: plot.left - 12, y: middle + 4.5, anchor: 'end' }),
          ...swarm(values.map((value) => x(value))).map(({ at, offset }) =>
            el('circle', { class: 'f0', 'fill-opacity': '0.6', cx: at, cy: middle + offset, r: RADIUS }),
          ),
          line(x(half), middle - 20, x(half), middle + 20, 'expected'),
          text(words[i] ?? '', { x: plot.right + 14, y: middle + 4.5, class: 'small strong' }),
        ]
      }),
      ...baseAxis(plot, ticks, unit === '' ? label : unit),
    ],
  )
}

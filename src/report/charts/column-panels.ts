import { scaleBand, scaleLinear } from 'd3-scale'
import { formatNumber } from '../../core/units.js'
import { type ChartText, chart, valueAxis } from './frame.js'
import { type LegendEntry, legend, opacityText } from './legend.js'
import { type PanelHeading, panelGrid, panelHeading } from './panels.js'
import { shardLabels } from './shard-labels.js'
import { el, line, type Svg, text, textWidth } from './svg.js'

/** Columns of some shards. */
export interface ColumnPanel extends PanelHeading {
  shards: {
    id: string
    /** One per series; null where there is none. */
    values: (number | null)[]
    /** Where a mark across the columns stands; null for none. */
    mark: number | null
  }[]
}

export interface ColumnPanels extends ChartText {
  series: readonly LegendEntry[]
  panels: readonly ColumnPanel[]
  format?: (value: number) => string
}

const TOP = 88
const HEIGHT = 150

/** Columns side by side for every shard, a panel for each of several cases on one scale; null when there is no panel. */
export function columnPanels(options: ColumnPanels): Svg | null {
  const { panels, series, format = formatNumber } = options
  if (panels.length === 0) return null
  const all = panels.flatMap(({ shards }) => shards.flatMap(({ values, mark }) => [...values, mark]))
  const largest = Math.max(0, ...all.filter((value) => value !== null))
  const scale = scaleLinear([0, largest > 0 ? largest : 1], [0, 1]).nice(4)
  const ticks = scale.ticks(4)
  const left = Math.max(...ticks.map((value) => textWidth(format(value), 12))) + 10
  const heading = panels.every(({ title }) => title === '') ? 8 : undefined
  const height = panels.length === 1 ? 200 : HEIGHT
  const grid = panelGrid(panels.length, height, TOP, { left, right: 0, below: 34 }, heading)
  return chart(options, grid.bottom + 6, [
    ...legend(series, 20, 74),
    ...panels.flatMap((panel, i) => {
      const plot = grid.plots[i]
      if (plot === undefined) return []
      const y = (value: number): number => plot.bottom - scale(value) * (plot.bottom - plot.top)
      const marks = ticks.map((value) => ({ at: y(value), label: format(value) }))
      return [
        ...panelHeading(panel, plot, plot.left - left),
        ...valueAxis(plot, marks),
        ...columns(panel, series, plot, y),
        line(plot.left, plot.bottom, plot.right, plot.bottom, 'axis'),
      ]
    }),
  ])
}

function columns(
  { shards }: ColumnPanel,
  series: readonly LegendEntry[],
  plot: { left: number; right: number; bottom: number },
  y: (value: number) => number,
): Svg[] {
  const band = scaleBand(
    shards.map((_, i) => i),
    [plot.left, plot.right],
  ).paddingInner(0.25)
  // A few shards in a wide panel would be walls instead of columns.
  const width = Math.min(band.bandwidth(), 90)
  const labels = shardLabels(
    shards.map(({ id }) => id),
    band.step() - 3,
    12,
  )
  const every = Math.ceil((Math.max(...labels.map((label) => textWidth(label, 12))) + 6) / band.step())
  return shards.flatMap(({ values, mark }, i) => {
    const from = (band(i) ?? plot.left) + (band.bandwidth() - width) / 2
    const each = width / Math.max(1, series.length)
    return [
      ...values.flatMap((value, k) => {
        const { fill = 'f0', opacity } = series[k] ?? {}
        if (value === null) return []
        const top = y(value)
        return [
          el('rect', {
            class: fill,
            'fill-opacity': opacityText(opacity),
            x: from + k * each,
            y: top,
            width: Math.max(1, each - (each > 6 ? 1 : 0)),
            height: plot.bottom - top,
          }),
        ]
      }),
      ...(mark === null ? [] : [line(from - 2, y(mark), from + width + 2, y(mark), 'expected')]),
      ...(i % every === 0
        ? [text(labels[i] ?? '', { x: from + width / 2, y: plot.bottom + 17, class: 'small', anchor: 'middle' })]
        : []),
    ]
  })
}

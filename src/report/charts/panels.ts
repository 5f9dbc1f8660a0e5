import { scaleBand } from 'd3-scale'
import { formatNumber } from '../../core/units.js'
import { fromZero } from './axes.js'
import {
  type Box,
  type ChartText,
  type Frame,
  type LegendEntry,
  legendOf,
  opacityText,
  picture,
  valueAxis,
} from './chart.js'
import { shardLabels } from './names.js'
import { cutText, el, line, type Svg, text, textWidth } from './svg.js'
import { WIDTH } from './theme.js'

/** One of several small charts in one picture. */
export interface Panel {
  title: string
  /** In a second line; "" for none. */
  note: string
}

export interface Panels extends ChartText {
  legend: readonly LegendEntry[]
  panels: readonly (Panel & { draw: (box: Box) => Svg[] })[]
  /** Of each plot, in pixels. */
  height: number
  /** Left of each plot for the labels of its axis, and below it, in pixels. */
  left: number
  below: number
}

const SIDE = 20
const GAP = 26
const TOP = 88

/** Small multiples: plots of one size in one, two or three columns; null when there is none. */
export function panelChart({ panels, legend, height, left, below, ...words }: Panels): Svg | null {
  if (panels.length === 0) return null
  const columns = panels.length === 1 ? 1 : panels.length === 2 || panels.length === 4 ? 2 : 3
  const width = (WIDTH - 2 * SIDE - (columns - 1) * GAP) / columns
  const heading = panels.every(({ title }) => title === '') ? 8 : 46
  const step = heading + height + below
  return picture(words, TOP + Math.ceil(panels.length / columns) * step + 6, [
    ...legendOf(legend, SIDE, 74),
    ...panels.flatMap(({ title, note, draw }, i) => {
      const edge = SIDE + (i % columns) * (width + GAP)
      const top = TOP + Math.floor(i / columns) * step + heading
      return [
        ...(title === '' ? [] : [text(cutText(title, width / 1.14), { x: edge, y: top - 31, class: 'strong' })]),
        ...(note === '' ? [] : [text(cutText(note, width, 12), { x: edge, y: top - 15, class: 'muted small' })]),
        ...draw({ left: edge + left, right: edge + width, top, bottom: top + height }),
      ]
    }),
  ])
}

/** Columns of some shards. */
export interface ColumnPanel extends Panel {
  shards: readonly {
    id: string
    /** One per series; null where there is none. */
    values: readonly (number | null)[]
    /** Where a mark across the columns stands; null for none. */
    mark: number | null
  }[]
}

export interface ColumnPanels extends ChartText {
  series: readonly LegendEntry[]
  panels: readonly ColumnPanel[]
  format?: (value: number) => string
}

/** Columns side by side for every shard, a panel for each of several cases on one scale; null when there is no panel. */
export function columnPanels({ panels, series, format = formatNumber, ...words }: ColumnPanels): Svg | null {
  const all = panels.flatMap(({ shards }) => shards.flatMap(({ values, mark }) => [...values, mark]))
  const { scale, ticks } = fromZero(Math.max(0, ...all.filter((value) => value !== null)), { count: 4, format })
  return panelChart({
    ...words,
    legend: series,
    height: panels.length === 1 ? 200 : 150,
    left: Math.max(...ticks.map(({ label }) => textWidth(label, 12))) + 10,
    below: 34,
    panels: panels.map((panel) => ({
      ...panel,
      draw: (box) => {
        const y = scale.copy().range([box.bottom, box.top])
        return [
          ...valueAxis({ ...box, y }, ticks),
          ...columns(panel, series, { ...box, y }),
          line(box.left, box.bottom, box.right, box.bottom, 'axis'),
        ]
      },
    })),
  })
}

function columns(
  { shards }: ColumnPanel,
  series: readonly LegendEntry[],
  { left, right, bottom, y }: Omit<Frame, 'x'>,
): Svg[] {
  const band = scaleBand([...shards.keys()], [left, right]).paddingInner(0.25)
  // A few shards in a wide panel would be walls instead of columns.
  const width = Math.min(band.bandwidth(), 90)
  const each = width / Math.max(1, series.length)
  const ids = shards.map(({ id }) => id)
  const labels = shardLabels(ids, band.step() - 3, 12)
  const every = Math.ceil((Math.max(...labels.map((label) => textWidth(label, 12))) + 6) / band.step())
  return shards.flatMap(({ values, mark }, i) => {
    const from = (band(i) ?? left) + (band.bandwidth() - width) / 2
    const label = { x: from + width / 2, y: bottom + 17, class: 'small', anchor: 'middle' } as const
    return [
      ...values.flatMap((value, k) =>
        value === null
          ? []
          : [
              el('rect', {
                class: series[k]?.fill ?? 'f0',
                'fill-opacity': opacityText(series[k]?.opacity),
                x: from + k * each,
                y: y(value),
                width: Math.max(1, each - (each > 6 ? 1 : 0)),
                height: bottom - y(value),
              }),
            ],
      ),
      ...(mark === null ? [] : [line(from - 2, y(mark), from + width + 2, y(mark), 'expected')]),
      ...(i % every === 0 ? [text(labels[i] ?? '', label)] : []),
    ]
  })
}

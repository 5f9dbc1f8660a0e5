import { formatNumber } from '../../core/units.js'
import { fromZero } from './axes.js'
import { type ChartText, chart } from './chart.js'
import { bar, straight, tick } from './layers.js'
import type { Svg } from './svg.js'

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

/** Horizontal bars from 0 with a label on either side and marks across; null when there are none. */
export function barChart({ bars, axis, format = formatNumber, ...words }: BarChart): Svg | null {
  if (bars.length === 0) return null
  const endOf = ({ value, errors = 0 }: Bar): number => value + errors
  const largest = Math.max(...bars.map((each) => Math.max(endOf(each), each.mark ?? 0)))
  return chart({
    ...words,
    height: 34,
    x: { ...fromZero(largest, { nice: false, format }), title: axis },
    y: bars.map((each) => ({
      name: each.name,
      words: each.words,
      at: Math.max(endOf(each), each.mark ?? 0),
      class: 'strong halo',
    })),
    above: [
      straight([0, 0], [0, bars.length], 'axis'),
      ...bars.flatMap((each, i) => [
        bar([0, each.value], i + 0.5, each.fill),
        ...(endOf(each) > each.value ? [bar([each.value, endOf(each)], i + 0.5, 'f1')] : []),
        ...(each.mark === null ? [] : [tick(each.mark, i + 0.5, 15, 'expected')]),
      ]),
    ],
  })
}

/** A share as it is labelled at an axis: "12.5 %". */
export function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`
}

import { scaleLog } from 'd3-scale'
import { formatRatio } from '../../core/units.js'
import { baseAxis, chart, type Plot } from './frame.js'
import { boldWidth, cutText, el, line, type Svg, text, textWidth } from './svg.js'
import { WIDTH } from './theme.js'

/** A variant's ratio to the baseline in one figure. */
export interface RatioRow {
  name: string
  ratio: number
  interval: [number, number] | null
  /** What is written right of it: the verdict. */
  words: string
  /** Whether a difference was found. */
  found: boolean
}

export interface RatioPanel {
  /** The figure: "achieved rate". */
  title: string
  rows: readonly RatioRow[]
}

const ROW = 30
const TITLE = 26
const TOP = 70
const GAP = 10
const RADIUS = 5
/** The axis reaches at least so far either side of 1. */
const LEAST_REACH = 1.06

/**
 * Ratios to the baseline with their intervals, figure by figure on one logarithmic axis (twice as much and half as much are
 * equally far from 1); the band is the margin within which differences do not matter. Null where there is no ratio.
 * @param margin relative
 */
export function ratioIntervals(panels: readonly RatioPanel[], baseline: string, margin: number): Svg | null {
  const shown = panels.filter(({ rows }) => rows.length > 0)
  const rows = shown.flatMap((panel) => panel.rows)
  if (rows.length === 0) return null
  const ends = rows.flatMap(({ ratio, interval }) => [ratio, ...(interval ?? [])]).filter((value) => value > 0)
  const reach = Math.max(LEAST_REACH, ...ends.map((value) => Math.max(value, 1 / value)))
  const low = Math.min(1 / (1 + 2 * margin), ...ends) / reach ** 0.04
  const high = Math.max(1 + 2 * margin, ...ends) * reach ** 0.04
  const names = rows.map(({ name }) => cutText(name, 190))
  const plot: Plot = {
    left: 24 + Math.max(...names.map((name) => textWidth(name))) + 14,
    right: WIDTH - 24 - Math.max(...rows.map(({ words }) => boldWidth(words, 12))) - 14,
    top: TOP,
    bottom: TOP + shown.length * (TITLE + GAP) + rows.length * ROW,
  }
  const x = scaleLog([low, high], [plot.left, plot.right]).clamp(true)
  const ticks = ticksOf(low, high).map((value) => ({ at: x(value), label: formatRatio(value) }))
  let top = plot.top
  let index = 0
  const body = shown.flatMap(({ title, rows: mine }) => {
    const heading = text(title, { x: 20, y: top + 17, class: 'strong' })
    top += TITLE
    const drawn = mine.flatMap((row) => {
      const middle = top + ROW / 2
      top += ROW
      const colour = row.found ? 0 : 5
      const [from, to] = row.interval ?? [row.ratio, row.ratio]
      const name = names[index++] ?? ''
      return [
        text(name, { x: plot.left - 12, y: middle + 4.5, anchor: 'end' }),
        line(x(from), middle, x(to), middle, `line s${colour}`),
        line(x(from), middle - 5, x(from), middle + 5, `line s${colour}`),
        line(x(to), middle - 5, x(to), middle + 5, `line s${colour}`),
        el('circle', { class: `f${colour}`, cx: x(row.ratio), cy: middle, r: RADIUS }),
        text(row.words, { x: plot.right + 14, y: middle + 4.5, class: row.found ? 'small strong' : 'small muted' }),
      ]
    })
    top += GAP
    return [heading, ...drawn]
  })
  const [near, far] = [x(1 / (1 + margin)), x(1 + margin)]
  return chart(
    {
      title: `Ratio to ${cutText(baseline, 420)}`,
      subtitle: `geometric mean of the ratios within blocks, with its 95 % interval; shaded: within ${formatPercent(margin)}`,
      description: shown
        .flatMap(({ title, rows: mine }) =>
          mine.map(
            ({ name, ratio, interval, words }) =>
              `${title} of ${name}: ${formatRatio(ratio)}${interval === null ? '' : ` (${formatRatio(interval[0])} to ${formatRatio(interval[1])})`}, ${words}`,
          ),
        )
        .join('; '),
    },
    plot.bottom + 50,
    [
      el('rect', { class: 'shade', x: near, y: plot.top, width: far - near, height: plot.bottom - plot.top }),
      ...ticks.map(({ at }) => line(at, plot.top, at, plot.bottom, 'grid')),
      line(x(1), plot.top, x(1), plot.bottom, 'axis'),
      ...body,
      ...baseAxis(plot, ticks, `times ${cutText(baseline, 300)}`),
    ],
  )
}

function formatPercent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}

/** Round ratios between the ends, few enough to be read. */
function ticksOf(low: number, high: number): number[] {
  for (const steps of [
    [0.96, 0.98, 1, 1.02, 1.04],
    [0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2],
    [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5],
    [0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 5, 7, 10],
    [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
  ]) {
    const inside = steps.filter((value) => value >= low && value <= high)
    const [first = 1, last = 1] = [steps[0], steps.at(-1)]
    if (low >= first * 0.97 && high <= last * 1.03 && inside.length <= 9) return inside
  }
  const powers = [-4, -3, -2, -1, 0, 1, 2, 3, 4].map((power) => 10 ** power)
  return powers.filter((value) => value >= low && value <= high)
}

import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from 'd3-scale'
import { formatNumber } from '../../core/units.js'
import { median, nearestRank } from '../../stats/quantiles.js'
import { baseAxis, chart, type Plot } from './frame.js'
import { boldWidth, el, line, type Svg, text, textWidth } from './svg.js'
import { WIDTH } from './theme.js'
import { LOG_FROM } from './value-scale.js'

/** Times of one kind over the trials of a drill, in milliseconds; those that never came are counted apart. */
export interface TrialTimes {
  name: string
  values: readonly number[]
  never: number
}

const ROW = 56
const TOP = 78
const RADIUS = 3.5
/** Beyond the smallest and the largest on a log scale, as a factor. */
const ROOM = 1.25

/** A dot per trial in a row per kind of time, with a line at the median; null where there is no time at all. */
export function recoveryTimes(kinds: readonly TrialTimes[], trials: number): Svg | null {
  const rows = kinds.filter(({ values }) => values.length > 0)
  const all = rows.flatMap(({ values }) => values)
  if (all.length === 0) return null
  const words = rows.map(summary)
  const plot: Plot = {
    left: 20 + Math.max(...rows.map(({ name }) => textWidth(name))) + 16,
    right: WIDTH - 20 - Math.max(...words.map((summary) => boldWidth(summary, 12))) - 18,
    top: TOP,
    bottom: TOP + rows.length * ROW,
  }
  const { x, ticks } = timeScale(all, plot)
  return chart(
    {
      title: 'Times of the trials',
      subtitle: `ms since the fault; a dot for each of ${formatNumber(trials)} trials, the line is the median`,
      description: rows.map(({ name }, i) => `${name}: ${words[i]}`).join('; '),
    },
    plot.bottom + 56,
    [
      ...ticks.map(({ at }) => line(at, plot.top, at, plot.bottom, 'grid')),
      ...rows.flatMap(({ name, values }, i) => {
        const middle = plot.top + (i + 0.5) * ROW
        const half = median(values)
        return [
          text(name, { x: plot.left - 14, y: middle + 4.5, anchor: 'end' }),
          ...swarm(values.map(x)).map(({ at, offset }) =>
            el('circle', { class: 'f0', 'fill-opacity': '0.6', cx: at, cy: middle + offset, r: RADIUS }),
          ),
          ...(half === null ? [] : [line(x(half), middle - 22, x(half), middle + 22, 'expected')]),
          text(words[i] ?? '', { x: plot.right + 18, y: middle + 4.5, class: 'small strong' }),
        ]
      }),
      ...baseAxis(plot, ticks, 'milliseconds since the fault'),
    ],
  )
}

function summary({ values, never }: TrialTimes): string {
  const [half, p95, max] = [median(values), nearestRank(values, 0.95), nearestRank(values, 1)].map((value) =>
    value === null ? '-' : formatNumber(value),
  )
  return `median ${half}, p95 ${p95}, max ${max}${never === 0 ? '' : `; never: ${never}`}`
}

function timeScale(values: readonly number[], plot: Plot) {
  const positive = values.filter((value) => value > 0)
  const [smallest, largest] = [Math.min(...positive), Math.max(...positive)]
  const log = positive.length === values.length && largest / smallest > LOG_FROM
  const x: ScaleContinuousNumeric<number, number> = log
    ? scaleLog([smallest / ROOM, largest * ROOM], [plot.left, plot.right])
    : scaleLinear([0, positive.length === 0 ? 1 : largest], [plot.left, plot.right]).nice(5)
  const marks = log ? x.ticks().filter((value) => /^[0.]*[125]0*$/.test(String(value))) : x.ticks(6)
  return { x, ticks: marks.map((value) => ({ at: x(value), label: formatNumber(value) })) }
}

/** Dots that would lie on one another moved up and down in turn, as far as the row goes: a beeswarm. */
export function swarm(positions: readonly number[]): { at: number; offset: number }[] {
  const placed: { at: number; offset: number }[] = []
  const step = RADIUS * 2 + 0.5
  for (const at of [...positions].sort((a, b) => a - b)) {
    // 0, +1, -1, +2, -2, +3, -3: seven levels fit in a row; beyond them dots overlap.
    const offsets = [0, 1, -1, 2, -2, 3, -3].map((level) => level * (step * 0.9))
    const free = offsets.find((offset) =>
      placed.every((other) => Math.hypot(other.at - at, other.offset - offset) >= step * 0.9),
    )
    placed.push({ at, offset: free ?? 0 })
  }
  return placed
}

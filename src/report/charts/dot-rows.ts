import { formatNumber, formatRatio } from '../../core/units.js'
import { median } from '../../stats/quantiles.js'
import { ratioAxis, spreadAxis } from './axes.js'
import { type Axis, chart, type Layer, type Row } from './chart.js'
import { dot, shade, straight, tick } from './layers.js'
import { cutText, type Svg } from './svg.js'

const RADIUS = 3.5

interface DotRow {
  name: string
  values: readonly number[]
  /** The same in words. */
  words: string
}

interface DotRows {
  title: string
  subtitle: string
  rows: readonly DotRow[]
  axis: Axis
  unit: string
}

/** A dot for each value in a row for each name, with a line at the median; null where there is no value. */
export function dotRows({ title, subtitle, rows: all, axis, unit }: DotRows): Svg | null {
  const rows = all.filter(({ values }) => values.length > 0)
  if (rows.length === 0) return null
  return chart({
    title,
    subtitle,
    description: rows.map(({ name, words }) => `${name}: ${words}`).join('; '),
    height: 54,
    x: { ...axis, title: unit },
    y: rows,
    above: rows.flatMap(({ values }, i) => [
      swarm(values, i + 0.5),
      tick(median(values) ?? 0, i + 0.5, 21, 'expected'),
    ]),
  })
}

/** What the runs of a variant measured of one figure. */
export interface RunValues {
  name: string
  values: readonly number[]
}

/** The dots of each variant's runs: what repeats scatter by. Null where there is none. */
export function valuesByRun(variants: readonly RunValues[], label: string, unit: string): Svg | null {
  const all = variants.flatMap(({ values }) => values)
  return dotRows({
    title: `${label.charAt(0).toUpperCase()}${label.slice(1)} of each run`,
    subtitle: `${unit === '' ? 'a dot' : `${unit}; a dot`} for each run that counts, the line is the median`,
    rows: variants.map(({ name, values }) => ({ name, values, words: `median ${formatNumber(median(values) ?? 0)}` })),
    axis: spreadAxis(all),
    unit: unit === '' ? label : unit,
  })
}

function swarm(values: readonly number[], height: number): Layer {
  return (frame) =>
    swarmOffsets(values.map(frame.x)).flatMap((offset, i) =>
      dot([values[i] ?? 0, height], 'f0', { r: RADIUS, opacity: 0.6, offset })(frame),
    )
}

/** How far up or down each dot moves so that none lies on another, as far as a row goes: a beeswarm. All in pixels. */
export function swarmOffsets(positions: readonly number[]): number[] {
  const step = (RADIUS * 2 + 0.5) * 0.9
  const placed: { at: number; offset: number }[] = []
  const offsets = positions.map(() => 0)
  for (const [at, index] of positions.map((at, index) => [at, index] as const).sort(([a], [b]) => a - b)) {
    // 0, +1, -1, +2, -2, +3, -3: seven levels fit in a row; beyond them dots overlap.
    const levels = [0, 1, -1, 2, -2, 3, -3].map((level) => level * step)
    const free = levels.find((offset) =>
      placed.every((other) => Math.hypot(other.at - at, other.offset - offset) >= step),
    )
    offsets[index] = free ?? 0
    placed.push({ at, offset: free ?? 0 })
  }
  return offsets
}

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

/** The axis reaches at least so far either side of 1. */
const LEAST_REACH = 1.06

/**
 * Ratios to the baseline with their intervals, figure by figure on one logarithmic axis (twice as much and half as much are
 * equally far from 1); the band is the margin within which differences do not matter. Null where there is no ratio.
 * @param margin relative
 */
export function ratioIntervals(panels: readonly RatioPanel[], baseline: string, margin: number): Svg | null {
  const shown = panels.filter(({ rows }) => rows.length > 0)
  const ratios = shown.flatMap(({ rows }) => rows)
  if (ratios.length === 0) return null
  const ends = ratios.flatMap(({ ratio, interval }) => [ratio, ...(interval ?? [])]).filter((value) => value > 0)
  const room = Math.max(LEAST_REACH, ...ends.map((value) => Math.max(value, 1 / value))) ** 0.04
  const axis = ratioAxis(Math.min(1 / (1 + 2 * margin), ...ends) / room, Math.max(1 + 2 * margin, ...ends) * room)
  const rows: (Row & { of?: RatioRow })[] = shown.flatMap(({ title, rows: mine }) => [
    { name: title, heading: true },
    ...mine.map((of) => ({ name: of.name, words: of.words, class: of.found ? 'small strong' : 'small muted', of })),
  ])
  return chart({
    title: `Ratio to ${cutText(baseline, 420)}`,
    subtitle: `${ratios.some(({ interval }) => interval !== null) ? 'geometric mean of the ratios within blocks, with its 95 % interval' : 'of the medians'}; shaded: within ${Number((margin * 100).toPrecision(3))} %`,
    description: shown
      .flatMap(({ title, rows: mine }) => mine.map((row) => `${title} of ${ratioWords(row)}`))
      .join('; '),
    height: 30,
    x: { ...axis, title: `times ${cutText(baseline, 300)}` },
    y: rows,
    below: [shade(1 / (1 + margin), 1 + margin, 'shade')],
    above: [
      straight([1, 0], [1, rows.length], 'axis'),
      ...rows.flatMap(({ of }, i) => (of === undefined ? [] : whisker(of, i + 0.5))),
    ],
  })
}

function whisker({ ratio, interval, found }: RatioRow, height: number): Layer[] {
  const colour = found ? 0 : 5
  const [from, to] = interval ?? [ratio, ratio]
  return [
    straight([from, height], [to, height], `line s${colour}`),
    tick(from, height, 5, `line s${colour}`),
    tick(to, height, 5, `line s${colour}`),
    dot([ratio, height], `f${colour}`, { r: 5 }),
  ]
}

function ratioWords({ name, ratio, interval, words }: RatioRow): string {
  const range = interval === null ? '' : ` (${formatRatio(interval[0])} to ${formatRatio(interval[1])})`
  return `${name}: ${formatRatio(ratio)}${range}, ${words}`
}

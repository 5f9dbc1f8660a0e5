import { type ScaleContinuousNumeric, scaleLinear } from 'd3-scale'
import { curveLinear, curveStepBefore, line as lineOf } from 'd3-shape'
import { endLabels, eventMarks, marksHeight, namedMarks, placeMarks } from './labels.js'
import { boldWidth, cutText, el, escapeText, line, type Svg, text, textWidth } from './svg.js'
import { styleSheet, WIDTH } from './theme.js'

export interface ChartText {
  title: string
  /** What is drawn and its unit, in one line. */
  subtitle: string
  /** The same in words, for readers who cannot see it. */
  description: string
}

/** Values of one direction: how they are laid out, and which of them are labelled. */
export interface Axis {
  /** Its range is set when the chart is drawn. */
  scale: ScaleContinuousNumeric<number, number>
  ticks: readonly Tick[]
  /** What the values are; stands below a base line. */
  title?: string
  /** Lines across the plot at the ticks of a base line; those of a vertical axis always have them. */
  grid?: boolean
  log?: boolean
}

export interface Tick {
  value: number
  label: string
}

export type Point = readonly [x: number, y: number | null]

/** A line through points; null leaves a gap. */
export interface Series {
  points: readonly Point[]
  /** Classes of the line: colour, dashes. */
  stroke: string
  /** Written right of the plot, tied to the end of the line. */
  label?: string
  /** Each value holds from the point before to its own. */
  step?: boolean
  /** For many more points than ticks. */
  thin?: boolean
}

/** A row of a chart that has names instead of a vertical axis; row i reaches from i to i + 1. */
export interface Row {
  name: string
  /** Over the rows that follow, with nothing drawn beside it. */
  heading?: boolean
  words?: string
  /** The value beside which the words stand; right of the plot without one. */
  at?: number
  /** Classes of the words. */
  class?: string
}

export interface LegendEntry {
  words: string
  /** Class of the fill; of the stroke for what is hollow. */
  fill: string
  opacity?: number
  /** A dot in place of the square. */
  dot?: 'filled' | 'hollow'
}

/** The rectangle in which values are drawn, in pixels. */
export interface Box {
  left: number
  right: number
  top: number
  bottom: number
}

/** The same with the place of every value. */
export interface Frame extends Box {
  x: (value: number) => number
  y: (value: number) => number
}

/** What is drawn of values; `layers.ts` has the usual ones. */
export type Layer = (frame: Frame) => Svg[]

export interface Chart extends ChartText {
  x: Axis
  /** A vertical axis, or rows from top to bottom. */
  y: Axis | readonly Row[]
  /** Of the plot, or of each row, in pixels. */
  height: number
  legend?: readonly LegendEntry[]
  /** Shades, below the grid. */
  below?: readonly Layer[]
  series?: readonly Series[]
  above?: readonly Layer[]
  /** Values of the base line, with their words above the plot. */
  marks?: readonly { value: number; words: string }[]
  /** The same with numbers of a table; close ones share a badge. */
  numbers?: readonly { value: number; number: number }[]
}

const EDGE = 20
/** Left of a plot with an axis, and right of one with labels, at least: charts of one kind stand in line. */
const AXIS = 68
const LABELS = 130
const WIDEST = 190
const TOP = 76
const LINE = 18
const BELOW = 56

/** A whole chart. */
export function chart(spec: Chart): Svg {
  const { legend = [], below = [], series = [], above = [], numbers = [] } = spec
  const [rows, vertical] = 'scale' in spec.y ? [[], spec.y] : [spec.y, null]
  const names = rows.map(({ name }) => cutText(name, 200))
  const labels = series.flatMap(({ points, stroke, label }) => {
    const [x, y = null] = points.findLast(([, value]) => value !== null) ?? []
    return label === undefined || x === undefined || y === null ? [] : [{ x, y, stroke, words: cutText(label, WIDEST) }]
  })
  const sides = {
    left:
      vertical === null
        ? EDGE + 14 + widest(names.filter((_, i) => rows[i]?.heading !== true))
        : Math.max(AXIS, EDGE + 8 + widest(vertical.ticks.map(({ label }) => label))),
    right: WIDTH - roomOfLabels(rows, labels),
  }
  const x = spec.x.scale.copy().range([sides.left, sides.right])
  const marks = placeMarks((spec.marks ?? []).map(({ value, words }) => ({ x: x(value), words })))
  const top = TOP + (legend.length > 0 ? 22 : 0) + (numbers.length > 0 ? 8 : 0) + marksHeight(marks)
  const bottom = top + spec.height * Math.max(1, rows.length)
  const y = vertical?.scale.copy().range([bottom, top]) ?? scaleLinear([0, rows.length], [top, bottom])
  const frame: Frame = { ...sides, top, bottom, x, y }
  const ticks = spec.x.ticks.map(({ value, label }) => ({ at: x(value), label }))
  const drawn = (layers: readonly Layer[]): Svg[] => layers.flatMap((layer) => layer(frame))
  return picture(spec, bottom + BELOW, [
    ...legendOf(legend, vertical === null ? EDGE : frame.left, 78),
    ...drawn(below),
    ...(spec.x.grid === true || vertical === null
      ? ticks.map(({ at }) => line(at, frame.top, at, frame.bottom, 'grid'))
      : []),
    ...(vertical === null ? [] : valueAxis(frame, vertical.ticks)),
    ...series.map((each) => curve(each, frame)),
    ...drawn(above),
    ...rows.flatMap((row, i) => rowWords(row, names[i] ?? '', i, frame)),
    ...baseAxis(frame, ticks, spec.x.title ?? ''),
    ...eventMarks(
      numbers.map(({ value, number }) => ({ number, x: x(value) })),
      top,
      bottom,
    ),
    ...namedMarks(marks, top, bottom),
    ...endLabels(
      labels.map((label) => ({ ...label, x: x(label.x), y: y(label.y) })),
      frame.right + 30,
      top + 6,
      bottom - 4,
    ),
  ])
}

/** The surface of a chart and its heading, with what is drawn on it; a subtitle of more than a line moves that down. */
export function picture(words: ChartText, bottom: number, body: readonly Svg[]): Svg {
  const subtitle = linesOf(words.subtitle, WIDTH - 2 * EDGE)
  const more = (subtitle.length - 1) * LINE
  const height = bottom + more
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">`,
    `<title id="title">${escapeText(words.title)}</title>`,
    `<desc id="desc">${escapeText(words.description)}</desc>`,
    `<style>${styleSheet()}</style>`,
    el('rect', { class: 'surface', x: 0.5, y: 0.5, width: WIDTH - 1, height: height - 1, rx: 6 }),
    text(words.title, { x: EDGE, y: 31, class: 'title' }),
    ...subtitle.map((each, i) => text(each, { x: EDGE, y: 51 + i * LINE, class: 'muted' })),
    ...(more === 0 ? body : [el('g', { transform: `translate(0 ${more})` }, ...body)]),
    '</svg>',
  ].join('\n')}\n`
}

/** Horizontal grid lines with their labels left of the plot. */
export function valueAxis({ left, right, y }: Pick<Frame, 'left' | 'right' | 'y'>, ticks: readonly Tick[]): Svg[] {
  return ticks.flatMap(({ value, label }) => [
    line(left, y(value), right, y(value), 'grid'),
    ...(label === '' ? [] : [text(label, { x: left - 8, y: y(value) + 4, class: 'muted small', anchor: 'end' })]),
  ])
}

/** Squares or dots in colour with their meaning, in one line from `x` on. */
export function legendOf(entries: readonly LegendEntry[], x: number, y: number): Svg[] {
  let left = x
  return entries.flatMap(({ words, fill, opacity, dot }) => {
    const at = left
    left += 18 + textWidth(words, 12) + 18
    const key =
      dot === undefined
        ? el('rect', {
            class: fill,
            'fill-opacity': opacityText(opacity),
            x: at,
            y: y - 10,
            width: 12,
            height: 12,
            rx: 2,
          })
        : dotAt(at + 6, y - 4, 4, fill, { hollow: dot === 'hollow' })
    return [key, text(words, { x: at + 18, y, class: 'small' })]
  })
}

export interface DotLook {
  /** The class is one of a stroke. */
  hollow?: boolean
  opacity?: number
}

/** A dot; all in pixels. */
export function dotAt(cx: number, cy: number, r: number, look: string, { hollow = false, opacity }: DotLook = {}): Svg {
  return el('circle', {
    class: hollow ? `surface ${look}` : look,
    'stroke-width': hollow ? 2 : undefined,
    'fill-opacity': opacityText(opacity),
    cx,
    cy,
    r,
  })
}

/** As an attribute; none for what is opaque. Opacities need more decimals than coordinates have. */
export function opacityText(opacity: number | undefined): string | undefined {
  return opacity === undefined || opacity === 1 ? undefined : String(opacity)
}

/** The base line with its ticks and what they mean, below the middle. */
function baseAxis({ left, right, bottom }: Box, ticks: readonly { at: number; label: string }[], title: string): Svg[] {
  return [
    line(left, bottom, right, bottom, 'axis'),
    ...ticks.flatMap(({ at, label }) => [
      line(at, bottom, at, bottom + 5, 'axis'),
      text(label, { x: at, y: bottom + 19, class: 'muted small', anchor: 'middle' }),
    ]),
    text(title, { x: (left + right) / 2, y: bottom + 38, class: 'muted small', anchor: 'middle' }),
  ]
}

function curve({ points, stroke, step, thin }: Series, { x, y }: Frame): Svg {
  const path = lineOf<Point>()
    .defined(([, value]) => value !== null)
    .x(([value]) => x(value))
    .y(([, value]) => y(value ?? 0))
    .curve(step ? curveStepBefore : curveLinear)
    .digits(1)(points)
  return el('path', { class: `line ${stroke}`, style: thin ? 'stroke-width:1.4' : undefined, d: path ?? '' })
}

function rowWords({ heading, words, at, class: given }: Row, name: string, i: number, { left, right, x, y }: Frame) {
  const base = y(i + 0.5) + 4.5
  if (heading) return [text(name, { x: EDGE, y: base, class: 'strong' })]
  return [
    text(name, { x: left - 12, y: base, anchor: 'end' }),
    ...(words === undefined
      ? []
      : [text(words, { x: at === undefined ? right + 14 : x(at) + 12, y: base, class: given ?? 'small strong' })]),
  ]
}

/** Room right of the plot: for the words of rows, or labels of lines. */
function roomOfLabels(rows: readonly Row[], labels: readonly { words: string }[]): number {
  if (rows.length > 0) return EDGE + 14 + Math.max(0, ...rows.map(({ words = '' }) => boldWidth(words)))
  return Math.max(LABELS, ...labels.map(({ words }) => boldWidth(words) + 50))
}

function widest(words: readonly string[]): number {
  return Math.max(0, ...words.map((each) => textWidth(each)))
}

/** Words in lines of at most so many pixels. */
function linesOf(content: string, width: number): string[] {
  const lines: string[] = []
  for (const word of content.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && textWidth(`${last} ${word}`) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

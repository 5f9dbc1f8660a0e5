import { coordinate, el, line, type Svg, text, textWidth } from './svg.js'
import { WIDTH } from './theme.js'

/**
 * Moves positions apart so that neighbours keep a distance, with as little movement as a single sweep each way needs.
 * The order of the results is that of the input.
 * @param wanted positions in pixels
 * @param gap smallest distance between neighbours, in pixels
 */
export function spread(wanted: readonly number[], gap: number, low: number, high: number): number[] {
  const order = wanted.map((position, index) => ({ position, index })).sort((a, b) => a.position - b.position)
  for (const [i, entry] of order.entries()) {
    const before = order[i - 1]
    entry.position = Math.max(entry.position, before === undefined ? low : before.position + gap)
  }
  for (const [i, entry] of [...order].reverse().entries()) {
    const after = order[order.length - i]
    entry.position = Math.min(entry.position, after === undefined ? high : after.position - gap)
  }
  const result = [...wanted]
  for (const { position, index } of order) result[index] = position
  return result
}

export interface EndLabel {
  words: string
  /** Where the line ends, in pixels. */
  x: number
  y: number
  /** Class of the line, for the stroke that ties the label to it. */
  stroke: string
}

/** A line that ends so many pixels before the edge has no data there: what leads to its label must not look like it. */
const EARLY = 24

/** Labels right of the ends of lines, tied to them, in place of a legend. */
export function endLabels(labels: readonly EndLabel[], at: number, low: number, high: number): Svg[] {
  const positions = spread(
    labels.map(({ y }) => y),
    18,
    low,
    high,
  )
  return labels.flatMap(({ words, x, y, stroke }, i) => {
    const position = positions[i] ?? y
    const edge = at - 30
    const early = x < edge - EARLY
    const elbow = `L${at - 18} ${coordinate(position)}H${at - 6}`
    const tie = early
      ? `M${coordinate(edge)} ${coordinate(y)}${elbow}`
      : `M${coordinate(x)} ${coordinate(y)}H${edge}${elbow}`
    return [
      ...(early
        ? [el('path', { d: `M${coordinate(x)} ${coordinate(y)}H${coordinate(edge)}`, class: 'line tie dash2 plan' })]
        : []),
      el('path', { d: tie, class: `line tie ${stroke}` }),
      text(words, { x: at, y: position + 4.5, class: 'strong' }),
    ]
  })
}

/** Lines across the plot at moments of events, numbered as in the report's table; close ones share a number badge. */
export function eventMarks(marks: readonly { number: number; x: number }[], top: number, bottom: number): Svg[] {
  const groups: { x: number; first: number; last: number }[] = []
  for (const { number, x } of [...marks].sort((a, b) => a.x - b.x)) {
    const group = groups.at(-1)
    if (group !== undefined && x - group.x < 26) group.last = number
    else groups.push({ x, first: number, last: number })
  }
  return [
    ...marks.map(({ x }) => line(x, top, x, bottom, 'mark')),
    ...groups.flatMap(({ x, first, last }) => {
      const words = first === last ? String(first) : `${first}–${last}`
      const width = Math.max(18, words.length * 7 + 8)
      return [
        el('rect', { class: 'badge', x: x - width / 2, y: top - 18, width, height: 18, rx: 9 }),
        text(words, { x, y: top - 5, class: 'number', anchor: 'middle' }),
      ]
    }),
  ]
}

interface Placed {
  x: number
  words: string
  /** 0 is the row next to the plot; each further one lies above it. */
  row: number
  /** Left of its line where there is no room to the right of it. */
  end: boolean
}

const ROW = 16
const GAP = 4
const SIZE = 12

/**
 * Gives every mark a row above the plot, so that no label lies on another, nor on the line of a later mark: of marks
 * close together the earliest stands highest, as in a staircase.
 */
export function placeMarks(marks: readonly { x: number; words: string }[]): Placed[] {
  const sorted = [...marks].sort((a, b) => a.x - b.x)
  const placed: Placed[] = []
  for (const { x, words } of sorted.toReversed()) {
    const width = textWidth(words, SIZE)
    const end = x + GAP + width > WIDTH - 12
    const crossed = end ? [] : placed.filter((other) => other.x <= x + GAP + width + GAP)
    let row = crossed.reduce((highest, other) => Math.max(highest, other.row + 1), 0)
    const mine = { x, words, end }
    while (placed.some((other) => other.row === row && overlap(span(other), span(mine)))) row += 1
    placed.push({ ...mine, row })
  }
  return placed.toReversed()
}

/** How much room marks need above a plot, in pixels. */
export function marksHeight(placed: readonly Placed[]): number {
  return placed.length === 0 ? 0 : (Math.max(...placed.map(({ row }) => row)) + 1) * ROW
}

/** Lines across the plot with their words above it. */
export function namedMarks(placed: readonly Placed[], top: number, bottom: number): Svg[] {
  const levelOf = (row: number): number => top - 4 - row * ROW
  return [
    ...placed.map(({ x, row }) => line(x, levelOf(row) - 11, x, bottom, 'mark')),
    // After all lines, with a halo: where a label has to lie on a line, it can still be read.
    ...placed.map(({ x, words, row, end }) =>
      text(words, {
        x: end ? x - GAP : x + GAP,
        y: levelOf(row) - 1,
        class: 'small halo',
        anchor: end ? 'end' : 'start',
      }),
    ),
  ]
}

function span({ x, words, end }: { x: number; words: string; end: boolean }): [number, number] {
  const width = textWidth(words, SIZE)
  return end ? [x - GAP - width, x - GAP] : [x + GAP, x + GAP + width]
}

function overlap([a, b]: [number, number], [c, d]: [number, number]): boolean {
  return a < d + GAP && c < b + GAP
}

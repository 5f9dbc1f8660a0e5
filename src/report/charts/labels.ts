import { coordinate, el, line, type Svg, text } from './svg.js'

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

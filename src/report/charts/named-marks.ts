import { WIDTH } from './frame.js'
import { line, type Svg, text, textWidth } from './svg.js'

/** A moment in words, to be marked in a chart over time. */
export interface NamedMark {
  t_ms: number
  words: string
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

import Table from 'cli-table3'
import { paint, type Span } from './style.js'
import { displayWidth, oneLine, wrap } from './width.js'

/** How text output is written: at most `width` cells wide, with colours or without. */
export interface TextOptions {
  colour: boolean
  width: number
}

export interface TableColumn {
  title: string
  align?: 'left' | 'right'
  /** Wrapped only when no other column has anything left to give: an address in two pieces cannot be copied. */
  whole?: true
}

/** A column of numbers. */
export function right(title: string): TableColumn {
  return { title, align: 'right' }
}

/** Text, or text and what it means. */
export type Cell = string | Span

const GAP = '  '
/** Lines between columns and around the table would say nothing; one under the titles does. */
const CHARS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  right: '',
  'right-mid': '',
  mid: '─',
  'mid-mid': '──',
  middle: GAP,
}

/**
 * A table at most `width` cells wide: text that does not fit is wrapped, in the widest columns first. A column is its
 * title, left-aligned, or a TableColumn. Every cell becomes one line before it is wrapped.
 */
export function renderTable(
  head: readonly (string | TableColumn)[],
  rows: readonly (readonly Cell[])[],
  { width, colour }: TextOptions,
): string {
  const columns = head.map((column): TableColumn => (typeof column === 'string' ? { title: column } : column))
  const cells = rows.map((row) =>
    columns.map((_, index): Span => {
      const cell = row[index] ?? ''
      return typeof cell === 'string' ? [oneLine(cell)] : [cell[0], cell[1] ?? 'plain']
    }),
  )
  const natural = columns.map(({ title }, index) =>
    Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[index]?.[0] ?? ''))),
  )
  const whole = columns.map((column) => column.whole === true)
  const widths = shrink(natural, whole, width - GAP.length * (columns.length - 1))
  const fill = ([text, tone]: Span, index: number): string => {
    const cells = widths[index] ?? 1
    const lines = displayWidth(text) <= cells ? [text] : wrap(text, cells)
    return lines.map((line) => paint(line, tone ?? 'plain', colour)).join('\n')
  }
  const table = new Table({
    head: columns.map(({ title }, index) => fill([title, 'strong'], index)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: CHARS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  })
  for (const row of cells) table.push(row.map(fill))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** Below this a column of words is as good as gone. */
const LEGIBLE = 10

/** The widths, the largest of them taken down until all together fit; those to be kept whole last. */
function shrink(widths: readonly number[], whole: readonly boolean[], room: number): number[] {
  const shrunk = [...widths]
  let over = shrunk.reduce((sum, width) => sum + width, 0) - room
  while (over > 0) {
    const yielding = shrunk.map((width, index) => (whole[index] === true || width <= LEGIBLE ? 0 : width))
    const candidates = Math.max(...yielding) > 0 ? yielding : shrunk
    const largest = Math.max(...candidates)
    if (largest <= 1) break
    shrunk[candidates.indexOf(largest)] = largest - 1
    over -= 1
  }
  return shrunk
}

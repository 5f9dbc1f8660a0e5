import { paint } from './style.js'
import type { TextOptions } from './table.js'
import { displayWidth, visible } from './width.js'

/** Rows shown; a terminal holds no more that anybody reads. */
const SHOWN_ROWS = 1_000
/** Characters of a value that are shown. */
const SHOWN_CHARACTERS = 2_000
const GAP = '  '

/** What a database answered: names of columns, of which several may be the same, and values as it wrote them. */
export interface AnswerRows {
  columns: readonly string[]
  /** A value per column; null is NULL. */
  rows: readonly (readonly (string | null)[])[]
  /** How many there were; more than `rows` holds when they were too many to keep. */
  count: number
}

/**
 * Rows of a database as it wrote them, each value on one line: control characters are written as escapes, spaces stay. Rows
 * too wide for the terminal become a block each, a line per column. NULL says so, an empty text is empty.
 */
export function renderAnswer({ columns, rows, count }: AnswerRows, { width, colour }: TextOptions): string {
  const names = columns.map(visible)
  const cells = rows.slice(0, SHOWN_ROWS).map((row) => row.map((value) => (value === null ? 'NULL' : shown(value))))
  const widths = names.map((name, i) => Math.max(...[name, ...cells.map((row) => row[i] ?? '')].map(displayWidth)))
  const wide = widths.reduce((sum, cell) => sum + cell, 0) + GAP.length * (widths.length - 1)
  const isNull = (row: number, column: number): boolean => rows[row]?.[column] === null
  const tone = (row: number, column: number) => (isNull(row, column) ? 'dim' : 'plain')
  const pad = (text: string, to = 0): string => text + ' '.repeat(Math.max(0, to - displayWidth(text)))
  const table = (): string[] => [
    names
      .map((name, i) => paint(pad(name, widths[i]), 'strong', colour))
      .join(GAP)
      .trimEnd(),
    '─'.repeat(wide),
    ...cells.map((row, r) =>
      row
        .map((text, i) => paint(pad(text, widths[i]), tone(r, i), colour))
        .join(GAP)
        .trimEnd(),
    ),
  ]
  const blocks = (): string[] => {
    const longest = Math.max(...names.map(displayWidth))
    return cells.flatMap((row, r) => [
      ...(r === 0 ? [] : ['']),
      paint(`row ${r + 1}`, 'dim', colour),
      ...row.map(
        (text, i) => `${paint(pad(names[i] ?? '', longest), 'strong', colour)}${GAP}${paint(text, tone(r, i), colour)}`,
      ),
    ])
  }
  const left = count - cells.length
  return [
    ...(wide <= width ? table() : blocks()),
    ...(left > 0 ? ['', `... and ${left.toLocaleString('en-US')} more rows of ${count.toLocaleString('en-US')}`] : []),
  ].join('\n')
}

function shown(value: string): string {
  if (value.length <= SHOWN_CHARACTERS) return visible(value)
  return `${visible(value.slice(0, SHOWN_CHARACTERS))} ... (${value.length.toLocaleString('en-US')} characters in all)`
}

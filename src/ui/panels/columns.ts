import type { Line, Span } from '../style.js'
import { padEnd } from '../width.js'

/** A column of a panel's table. */
export interface PanelColumn<Row> {
  title: string
  width: number
  /** Where there is no room for all, the lowest goes first. */
  worth: number
  cell: (row: Row, width: number) => Span
  /** Left-aligned; figures stand at the right. */
  text?: true
  /** Takes so many cells more where there is room. */
  grows?: number
}

/** The columns that fit `width` cells, the growing one as wide as the room allows. */
export function fitColumns<Row>(all: readonly PanelColumn<Row>[], width: number): PanelColumn<Row>[] {
  let columns = [...all]
  while (columns.length > 1 && total(columns) > width) {
    const least = Math.min(...columns.map(({ worth }) => worth))
    columns = columns.filter(({ worth }) => worth !== least)
  }
  const spare = width - total(columns)
  return columns.map((column) =>
    spare > 0 ? { ...column, width: column.width + Math.min(column.grows ?? 0, spare) } : column,
  )
}

function titleLine<Row>(columns: readonly PanelColumn<Row>[]): Line {
  return columns.map(({ title, width, text }): Span => [fill(title, width, text), 'dim'])
}

function rowLine<Row>(columns: readonly PanelColumn<Row>[], row: Row): Line {
  return columns.map((column): Span => {
    const [text, tone] = column.cell(row, column.width)
    return [fill(text, column.width, column.text), tone ?? 'plain']
  })
}

/**
 * A line of column titles, a line per row, and where they do not all fit `most` lines, one that tells of the others.
 * Nothing in fewer than two lines.
 */
export function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly PanelColumn<Row>[],
  most: number,
  moreLine: (hidden: readonly Row[]) => Line,
): Line[] {
  if (rows.length === 0 || most < 2) return []
  const fits = rows.length < most
  const shown = fits ? rows : rows.slice(0, Math.max(0, most - 2))
  return [
    titleLine(columns),
    ...shown.map((row) => rowLine(columns, row)),
    ...(fits ? [] : [moreLine(rows.slice(shown.length))]),
  ]
}

function total<Row>(columns: readonly PanelColumn<Row>[]): number {
  return columns.reduce((sum, { width }) => sum + width, 0)
}

function fill(text: string, width: number, left: true | undefined): string {
  return left ? padEnd(text, width) : text.padStart(width)
}

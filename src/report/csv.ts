import { lexer, type Token, type Tokens } from 'marked'
import { slugOf, wordsOf } from './markdown-words.js'
import type { Report } from './report-of.js'

/** A table of a report as text, cell by cell. */
interface TextTable {
  /** The heading that it stands below. */
  heading: string
  header: string[]
  rows: string[][]
}

/**
 * Every table of a report as CSV (RFC 4180), by file name: "01-verdicts.csv", numbered in the order of the report. They
 * are read from its Markdown, so that no figure is written twice and none can be forgotten.
 */
export function renderTables({ markdown }: Report): Record<string, string> {
  const tables = tablesOf(lexer(markdown))
  return Object.fromEntries(
    tables.map((table, i) => [`${String(i + 1).padStart(2, '0')}-${slugOf(table.heading)}.csv`, csvOf(table)]),
  )
}

function tablesOf(tokens: readonly Token[]): TextTable[] {
  let heading = ''
  const tables: TextTable[] = []
  for (const token of tokens) {
    if (token.type === 'heading') heading = wordsOf(token.tokens ?? [])
    if (token.type !== 'table') continue
    const { header, rows } = token as Tokens.Table
    const text = (cell: Tokens.TableCell): string => wordsOf(cell.tokens).trim()
    tables.push({ heading, header: header.map(text), rows: rows.map((row) => row.map(text)) })
  }
  return tables
}

/**
 * A column in which every value is a number of one unit becomes numbers, the unit going into its title. All others stay
 * text, but for numbers without a unit. "-" is an empty field in both: nothing was measured there.
 */
function csvOf({ header, rows }: TextTable): string {
  const columns = header.map((title, i) =>
    column(
      title,
      rows.map((row) => row[i] ?? ''),
    ),
  )
  const lines = [columns.map(({ title }) => title), ...rows.map((_, i) => columns.map(({ cells }) => cells[i] ?? ''))]
  return lines.map((line) => `${line.map(field).join(',')}\r\n`).join('')
}

function column(title: string, texts: readonly string[]): { title: string; cells: string[] } {
  const cells = texts.map((text) => (text === '-' ? '' : text))
  const quantities = cells.map((text) => (text === '' ? null : quantityOf(text)))
  const units = new Set(quantities.flatMap((quantity) => (quantity === null ? [] : [quantity.unit])))
  const numeric = units.size === 1 && quantities.every((quantity, i) => quantity !== null || cells[i] === '')
  if (!numeric) {
    const words = cells.map((text, i) => (quantities[i]?.unit === '' ? quantities[i].number : harmless(text)))
    return { title: harmless(title), cells: words }
  }
  const [unit = ''] = units
  return {
    title: harmless(unit === '' || mentions(title, unit) ? title : `${title} (${unit})`.trim()),
    cells: quantities.map((quantity) => quantity?.number ?? ''),
  }
}

/** Numbers as formatNumber writes them, thousands separated by commas or not. */
const NUMBER = String.raw`[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[+-]?\d+)?`
const QUANTITY = new RegExp(`^(${NUMBER}) ?(%|[a-zA-Zµ][a-zA-Zµ/ ]{0,19})?$`)

/** "1,447" as 1447, "40.2 ms" as 40.2 of ms; null for what is no number. */
function quantityOf(text: string): { number: string; unit: string } | null {
  const match = QUANTITY.exec(text)
  if (match === null) return null
  return { number: (match[1] ?? '').replaceAll(',', '').replace(/^\+/, ''), unit: match[2] ?? '' }
}

/** Whether a title says the unit already, as in "p99 (ms)" or "Age ms: p50". */
function mentions(title: string, unit: string): boolean {
  return ` ${title.replace(/[^\w%µ/]+/g, ' ')} `.includes(` ${unit} `)
}

/**
 * Spreadsheets run what begins with one of these characters as a formula, wherever the file came from; an apostrophe
 * before it makes it text (OWASP, CSV injection). Numbers are left alone.
 */
function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && quantityOf(text) === null ? `'${text}` : text
}

/** A field as RFC 4180 has it; quoted also for readers to whom a semicolon or a tab separates, or a # begins a comment. */
function field(text: string): string {
  return /[",;#\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

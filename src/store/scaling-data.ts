import { usageError } from '../core/errors.js'
import { LARGEST_N, LARGEST_X, MOST_POINTS, SMALLEST } from '../core/scaling-data.js'
import { type CsvRecord, recordsOf } from './csv-file.js'
import { readText } from './read-file.js'
import { type DecimalMark, decimalMarkOf, looksNumeric, writtenNumber } from './written-numbers.js'

/** So many rows with whatever else stands beside them. */
const MOST_BYTES = 4 * 2 ** 20

const EXAMPLE = 'Write a number of workers and its throughput on each line, as in:\nn,x\n1,498\n2,951\n4,1720'

/** A number of workers n and its throughput x. */
interface Row {
  n: number
  x: number
}

/**
 * Reads a file of measurements: columns n and x, separated by commas, semicolons, tabs or spaces. A first row of words
 * names the columns, in any order and with others beside them; without one there are two. Text after # is a comment, except
 * between quotes. Decimals may be written with a comma where the file tells that from thousands.
 * @throws LabError (usage) that names the line that cannot be read
 */
export async function readScalingData(path: string, signal?: AbortSignal): Promise<Row[]> {
  return parseScalingData(
    await readText(path, { noun: 'a file of measurements', most: MOST_BYTES, signal, pipe: true }),
    path,
  )
}

/** The same of a text. @param path names it in errors */
export function parseScalingData(text: string, path: string): Row[] {
  const records = recordsOf(text, path)
  const [head] = records
  if (head === undefined) throw usageError(`${path} holds no measurements`, EXAMPLE)
  const named = head.cells.every((cell) => !looksNumeric(cell))
  const columns = named ? namedColumns(head.cells, path, head.line) : unnamedColumns(head.cells, path, head.line)
  const data = named ? records.slice(1) : records
  if (data.length === 0) throw usageError(`${path} has a header and no measurements`, EXAMPLE)
  if (data.length > MOST_POINTS) {
    throw usageError(
      `${path} has ${data.length.toLocaleString('en-US')} rows, more than ${MOST_POINTS.toLocaleString('en-US')}`,
      'Take the median for each n',
    )
  }
  for (const { cells, line } of data) {
    if (cells.length === head.cells.length) continue
    throw usageError(
      `${path}, line ${line}: ${cells.length === 1 ? '1 column' : `${cells.length} columns`}, and ${head.cells.length} in line ${head.line}`,
      'Put what holds the separator or a # between double quotes; write thousands without a comma, or separate columns by ;',
    )
  }
  const mark = markOf(data, columns, path)
  return data.map(({ cells, line }) => ({
    n: within(LARGEST_N, cells[columns.n] ?? '', mark, { column: 'n', path, line }),
    x: within(LARGEST_X, cells[columns.x] ?? '', mark, { column: 'x', path, line }),
  }))
}

/** How the file writes decimals. @throws LabError (usage) when a comma may be of decimals as well as of thousands */
function markOf(data: readonly CsvRecord[], columns: { n: number; x: number }, path: string): DecimalMark {
  const cells = data.flatMap(({ cells, line }) =>
    (['n', 'x'] as const).map((column) => ({ text: cells[columns[column]] ?? '', column, line })),
  )
  const numbers = cells.filter(({ text }) => looksNumeric(text))
  const mark = decimalMarkOf(numbers.map(({ text }) => text))
  if (mark !== 'unclear') return mark
  const first = numbers.find(({ text }) => text.includes(','))
  throw usageError(
    `${path}, line ${first?.line}: ${first?.column} is ${JSON.stringify(first?.text)}, whose comma may be of decimals or of thousands`,
    'Write decimals with a point, and thousands without a mark',
  )
}

function namedColumns(head: readonly string[], path: string, line: number): { n: number; x: number } {
  const names = head.map((name) => name.toLowerCase())
  const find = (name: 'n' | 'x'): number => {
    const index = names.indexOf(name)
    if (index !== -1 && names.indexOf(name, index + 1) === -1) return index
    throw usageError(
      `${path}, line ${line}: ${index === -1 ? 'no' : 'more than one'} column is called ${name}; there ${head.length === 1 ? 'is' : 'are'}: ${head.join(', ')}`,
      'n: how many workers (replicas, threads, clients); x: their throughput, in any unit',
    )
  }
  return { n: find('n'), x: find('x') }
}

function unnamedColumns(head: readonly string[], path: string, line: number): { n: number; x: number } {
  if (head.length === 2) return { n: 0, x: 1 }
  if (head.length === 1) throw usageError(`${path}, line ${line}: one column, and two are needed`, EXAMPLE)
  throw usageError(
    `${path}, line ${line}: ${head.length} columns, and no header that says which of them are n and x`,
    'Begin the file with a line that names them, as in: n,x,errors',
  )
}

function within(
  most: number,
  cell: string,
  mark: DecimalMark,
  at: { column: string; path: string; line: number },
): number {
  const value = writtenNumber(cell, mark)
  if (value !== null && value > 0 && value >= SMALLEST && value <= most) return value
  const where = `${at.path}, line ${at.line}: ${at.column}`
  if (value !== null && value > 0) throw usageError(`${where} is ${cell}, and must be from ${SMALLEST} to ${most}`)
  if (cell === '') throw usageError(`${where} is missing`)
  throw usageError(
    value === null ? `${where} is no number: ${JSON.stringify(cell)}` : `${where} is ${cell}, and must be above 0`,
  )
}

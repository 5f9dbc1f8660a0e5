import { readFile } from 'node:fs/promises'
import { type LabError, usageError } from '../core/errors.js'

/** More rows than this are refused: levels are left out one by one, and a law of scaling needs tens of points. */
const MOST_ROWS = 500

const EXAMPLE = 'Write a number of workers and its throughput on each line, as in:\nn,x\n1,498\n2,951\n4,1720'

/** A number of workers n and its throughput x. */
interface Row {
  n: number
  x: number
}

/**
 * Reads a file of measurements: columns n and x, separated by commas, semicolons, tabs or spaces. A first row of words
 * names the columns, in any order and with others beside them; without one there are two. Text after # is a comment.
 * @throws LabError (usage) that names the line that cannot be read
 */
export async function readScalingData(path: string): Promise<Row[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') throw usageError(`there is no file ${path}`)
    if (code === 'EISDIR') throw usageError(`${path} is a folder, not a file of measurements`)
    throw typeof code === 'string' ? usageError(`${path} cannot be read (${code})`) : error
  })
  return parseScalingData(text, path)
}

/** The same of a text. @param path names it in errors */
export function parseScalingData(text: string, path: string): Row[] {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ words: line.replace(/#.*/, '').trim(), number: index + 1 }))
    .filter(({ words }) => words !== '')
  const [first] = lines
  if (first === undefined) throw usageError(`${path} holds no measurements`, EXAMPLE)
  const separator = separatorOf(first.words)
  const rows = lines.map(({ words, number }) => ({ cells: cellsOf(words, separator), number }))
  const head = rows[0]?.cells ?? []
  const named = head.every((cell) => !isNumber(cell))
  const columns = named ? namedColumns(head, path, first.number) : unnamedColumns(head, path, first.number)
  const data = named ? rows.slice(1) : rows
  if (data.length === 0) throw usageError(`${path} has a header and no measurements`, EXAMPLE)
  if (data.length > MOST_ROWS) {
    throw usageError(
      `${path} has ${data.length.toLocaleString('en-US')} rows, more than ${MOST_ROWS.toLocaleString('en-US')}`,
      'Take the median for each n',
    )
  }
  return data.map(({ cells, number }) => {
    if (cells.length !== head.length) {
      throw usageError(
        `${path}, line ${number}: ${cells.length === 1 ? '1 column' : `${cells.length} columns`}, and ${head.length} in line ${first.number}`,
        cells.length > head.length && separator === ','
          ? 'Write thousands without a comma, decimals with a point'
          : undefined,
      )
    }
    return {
      n: positive(cells[columns.n] ?? '', 'n', path, number),
      x: positive(cells[columns.x] ?? '', 'x', path, number),
    }
  })
}

function separatorOf(line: string): string {
  return [';', '\t', ','].find((separator) => line.includes(separator)) ?? ' '
}

function cellsOf(line: string, separator: string): string[] {
  const cells = separator === ' ' ? line.split(/\s+/) : line.split(separator)
  return cells.map((cell) =>
    cell
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .trim(),
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

function isNumber(cell: string): boolean {
  return cell !== '' && Number.isFinite(Number(cell))
}

function positive(cell: string, column: string, path: string, line: number): number {
  const value = Number(cell)
  if (isNumber(cell) && value > 0) return value
  throw badCell(cell, column, path, line, isNumber(cell))
}

function badCell(cell: string, column: string, path: string, line: number, number: boolean): LabError {
  if (cell === '') return usageError(`${path}, line ${line}: ${column} is missing`)
  if (number) return usageError(`${path}, line ${line}: ${column} is ${cell}, and must be above 0`)
  return usageError(
    `${path}, line ${line}: ${column} is no number: ${JSON.stringify(cell)}`,
    /^\d+,\d+$/.test(cell) ? 'Write decimals with a point, and thousands without a comma' : undefined,
  )
}

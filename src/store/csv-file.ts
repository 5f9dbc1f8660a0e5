import { CsvError, parse } from 'csv-parse/sync'
import { usageError } from '../core/errors.js'

/** Longer records are no rows of measurements. */
const LONGEST_RECORD = 64 * 1_024

export interface CsvRecord {
  /** From 1: where it ends. */
  line: number
  cells: string[]
}

/**
 * The records of a text as RFC 4180 has them, separated by whatever separates its first one: semicolons, tabs, commas, else
 * spaces. Empty lines, and what follows a # outside of quotes, are left out.
 * @param path names it in errors
 * @throws LabError (usage) that names the line that cannot be read
 */
export function recordsOf(text: string, path: string): CsvRecord[] {
  const separator = separatorOf(text)
  try {
    const records = parse(separator === ' ' ? singleSpaced(text) : text, {
      bom: true,
      delimiter: separator,
      record_delimiter: ['\r\n', '\n', '\r'],
      comment: '#',
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: LONGEST_RECORD,
      info: true,
    }) as unknown as { info: { lines: number }; record: string[] }[]
    return records.map(({ info, record }) => ({ line: info.lines, cells: record.map((cell) => cell.trim()) }))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw usageError(
      `${path}, line ${error.lines ?? 1}: ${PROBLEMS[error.code] ?? 'it is no CSV'}`,
      'A value that holds the separator, a # or a line break stands between double quotes, and a double quote in it is doubled (RFC 4180)',
    )
  }
}

const PROBLEMS: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: 'a double quote is never closed',
  CSV_MAX_RECORD_SIZE: 'a record longer than 64 KiB; is a double quote never closed?',
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing double quote',
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: 'text follows a closing double quote',
  INVALID_OPENING_QUOTE: 'a double quote within a value that does not begin with one',
}

/** What separates the columns of the first record. */
function separatorOf(text: string): string {
  // What stands between quotes separates nothing. A comment before it may hold a single quote.
  const [first = ''] =
    /^(?!#|\s*$).+$/m.exec(
      text
        .replace(/^\ufeff/, '')
        .replaceAll(/^[ \t]*#.*$/gm, '')
        .replaceAll(/"(?:[^"]|"")*"/g, '""'),
    ) ?? []
  const bare = first.replace(/#.*/, '')
  return [';', '\t', ','].find((separator) => bare.includes(separator)) ?? ' '
}

/** Columns may be lined up by more than one space. */
function singleSpaced(text: string): string {
  return text
    .replaceAll(/"(?:[^"]|"")*"|[ \t]+/g, (found) => (found.startsWith('"') ? found : ' '))
    .replaceAll(/^ | $/gm, '')
}

import { EXIT, type ExitCode } from '../core/errors.js'
import { jsonText } from '../core/outside-text.js'

/** What went wrong, as the document has it. */
export interface DocumentError {
  message: string
  hint: string | null
  exit_code: ExitCode
}

/** What a command line has come to, kept until its end: only there it is known what is to be written. */
export class Result {
  /** Of a command that ends in order. */
  code: ExitCode = EXIT.ok
  /** Whether stdout belongs to one JSON document; until commander knows, by what was typed. */
  json: boolean
  private value: unknown

  constructor(argv: readonly string[]) {
    const end = argv.indexOf('--')
    this.json = argv.slice(2, end === -1 ? undefined : end).includes('--json')
  }

  /** Keeps what the command has found so far; the last one counts. */
  document(value: unknown): void {
    this.value = value
  }

  /**
   * The document with its line end, null where none was asked for. Beside an error there is what had been found: the fields of
   * an object, or an array as `results`.
   */
  text(error: DocumentError | null): string | null {
    if (!this.json || (error === null && this.value === undefined)) return null
    return `${jsonText(error === null ? this.value : { ...fieldsOf(this.value), error })}\n`
  }
}

function fieldsOf(value: unknown): object {
  if (value === undefined || value === null) return {}
  return typeof value === 'object' && !Array.isArray(value) ? value : { results: value }
}

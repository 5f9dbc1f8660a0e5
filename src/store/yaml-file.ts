import { readFile, stat } from 'node:fs/promises'
import { type Document, LineCounter, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { type LabError, usageError } from '../core/errors.js'
import { describeMistakes } from './scenario-mistakes.js'

/**
 * The text of a file.
 * @param noun what is expected in it, as in "scenario"
 * @throws LabError (usage)
 */
export async function readYaml(file: string, noun: string): Promise<string> {
  const info = await stat(file).catch(() => null)
  if (info === null || !info.isFile())
    throw usageError(`there is no ${noun} file ${file}`, 'See the built-in ones: scalelab list')
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw usageError(`${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  })
}

/**
 * What a text holds, by its schema.
 * @param file only named in errors
 * @throws LabError (usage) with one line per mistake: file:line:column, the path inside the file, what was expected
 */
export function parseYaml<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
  noun: string,
): z.infer<Schema> {
  const { data, document, lines } = plainYaml(text, file, noun)
  const result = schema.safeParse(data)
  if (result.success) return result.data
  throw usageError(describeMistakes(result.error.issues, data, { document, lines, file, schema }).join('\n'))
}

/** What the file says it is: its `schema`, undefined where it says nothing. @throws LabError (usage) for what is no YAML */
export function schemaNamed(text: string, file: string): unknown {
  const { data } = plainYaml(text, file, 'document')
  return typeof data === 'object' && data !== null && 'schema' in data ? data.schema : undefined
}

function plainYaml(
  text: string,
  file: string,
  noun: string,
): { data: unknown; document: Document.Parsed; lines: LineCounter } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [syntax] = document.errors
  if (syntax !== undefined) {
    const what = syntax.code === 'MULTIPLE_DOCS' ? `a file holds one ${noun}, and here begins another` : syntax.message
    throw invalidYaml(file, lines, syntax.pos[0], what)
  }
  return { data: plainValue(document, lines, file), document, lines }
}

function invalidYaml(file: string, lines: LineCounter, offset: number, what: string): LabError {
  const { line, col } = lines.linePos(offset)
  return usageError(`${file}:${line}:${col}: not valid YAML: ${what}`)
}

/** The document as plain data; aliases (`*name`) are resolved only here, so their mistakes show only here. */
function plainValue(document: Document.Parsed, lines: LineCounter, file: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    let offset = 0
    visit(document, {
      Alias(_, alias) {
        if (alias.resolve(document) !== undefined) return undefined
        offset = alias.range?.[0] ?? 0
        return visit.BREAK
      },
    })
    throw invalidYaml(file, lines, offset, error.message)
  }
}

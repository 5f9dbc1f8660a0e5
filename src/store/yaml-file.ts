import { type Document, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { type LabError, usageError } from '../core/errors.js'
import { describeMistakes } from './scenario-mistakes.js'

const MOST_ALIASES = 200
/** Inside of what has a name itself. */
const MOST_NESTED_ALIASES = 10

/** A text of YAML that has been read, and not yet held against a schema. */
export interface YamlText {
  /** What it says it is: its `schema`; undefined where it says nothing. */
  named: unknown
  /** What it holds. @throws LabError (usage), a line per mistake: file:line:column, the path inside, what was expected */
  as<Schema extends z.ZodType>(schema: Schema): z.infer<Schema>
}

/** @param file only named in errors @throws LabError (usage) for what is no YAML */
export function parseYaml(text: string, file: string, noun: string): YamlText {
  const { data, document, lines } = plainYaml(text, file, noun)
  return {
    named: typeof data === 'object' && data !== null && 'schema' in data ? data.schema : undefined,
    as(schema) {
      const result = schema.safeParse(data)
      if (result.success) return result.data
      throw usageError(describeMistakes(result.error.issues, data, { document, lines, file, schema }).join('\n'))
    },
  }
}

function plainYaml(
  text: string,
  file: string,
  noun: string,
): { data: unknown; document: Document.Parsed; lines: LineCounter } {
  const lines = new LineCounter()
  try {
    // The library compares every key with every other one.
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false })
    const [syntax] = document.errors
    if (syntax !== undefined) {
      const what =
        syntax.code === 'MULTIPLE_DOCS' ? `a file holds one ${noun}, and here begins another` : syntax.message
      throw invalidYaml(file, lines, syntax.pos[0], what)
    }
    refuseRepeatedKeys(document, lines, file)
    refuseManyAliases(document, lines, file)
    return { data: plainValue(document, lines, file), document, lines }
  } catch (error) {
    // It is read by recursion, and the stack is finite.
    if (error instanceof RangeError) throw usageError(`${file}: not valid YAML: it is nested too deeply`)
    throw error
  }
}

function refuseRepeatedKeys(document: Document.Parsed, lines: LineCounter, file: string): void {
  visit(document, {
    Map(_, map) {
      const keys = new Set<unknown>()
      for (const { key } of map.items) {
        if (!isScalar(key)) continue
        if (keys.has(key.value)) throw invalidYaml(file, lines, key.range?.[0] ?? 0, 'Map keys must be unique')
        keys.add(key.value)
      }
    },
  })
}

/** Aliases of what holds aliases grow by powers, however small the file. */
function refuseManyAliases(document: Document.Parsed, lines: LineCounter, file: string): void {
  let [all, nested] = [0, 0]
  visit(document, {
    Alias(_, alias, ancestors) {
      all += 1
      if (ancestors.some((node) => isNode(node) && 'anchor' in node && node.anchor !== undefined)) nested += 1
      if (all <= MOST_ALIASES && nested <= MOST_NESTED_ALIASES) return
      throw invalidYaml(file, lines, alias.range?.[0] ?? 0, 'too many aliases')
    },
  })
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
    const anchors = new Set<string>()
    visit(document, {
      Node(_, node) {
        if (isNode(node) && 'anchor' in node && node.anchor !== undefined) anchors.add(node.anchor)
      },
      Alias(_, alias) {
        if (anchors.has(alias.source)) return undefined
        offset = alias.range?.[0] ?? 0
        return visit.BREAK
      },
    })
    throw invalidYaml(file, lines, offset, error.message)
  }
}

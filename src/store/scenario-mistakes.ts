import { type Document, isMap, isPair, isScalar, isSeq, type LineCounter, type ParsedNode } from 'yaml'
import * as z from 'zod'
import { nearest } from '../core/nearest.js'

/** A file with more mistakes is another kind of file. */
const MOST_MISTAKES = 20
const MOST_SHOWN = 2_000

type Path = readonly PropertyKey[]
type Issue = z.core.$ZodIssue

/**
 * What is wrong with a scenario or experiment file, in the words of its author: one line per mistake, `file:line:column: path: what
 * was expected`, with the nearest allowed word where one was mistyped.
 */
export function describeMistakes(
  issues: readonly Issue[],
  data: unknown,
  { document, lines, file, schema }: { document: Document.Parsed; lines: LineCounter; file: string; schema: z.ZodType },
): string[] {
  const line = (path: Path, what: string): string => {
    const { line, col } = lines.linePos(offsetOf(document.contents, path))
    return `${file}:${line}:${col}: ${shown(path.join('.')) || 'the file'}: ${shown(what)}`
  }
  const mistakes = issues.flatMap((issue): (() => string)[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(
          (key) => () => line([...issue.path, key], unknownKeyText(key, allowedKeys(schema, issue.path, data))),
        )
      : [() => line(issue.path, expectedText(issue, valueAt(data, issue.path)))],
  )
  const more = mistakes.length - MOST_MISTAKES
  return [
    // Only those that are told are looked for.
    ...mistakes.slice(0, MOST_MISTAKES).map((mistake) => mistake()),
    ...(more > 0 ? [`and ${more.toLocaleString('en-US')} more`] : []),
  ]
}

/** Text of the file as an error shows it. */
function shown(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text
}

function unknownKeyText(key: string, allowed: readonly string[]): string {
  return `unknown key${didYouMean(key, allowed)} (allowed: ${allowed.join(', ')})`
}

function didYouMean(word: unknown, allowed: readonly string[]): string {
  const close = typeof word === 'string' ? nearest(word, allowed) : undefined
  return close === undefined ? '' : `; did you mean "${close}"?`
}

/** zod's message as what was expected there. */
function expectedText(issue: Issue, value: unknown): string {
  const allowed = allowedValues(issue)
  if (allowed !== null) {
    const expected = `expected ${allowed.length === 1 ? '' : 'one of '}${allowed.join(', ')}`
    return value === undefined ? `missing; ${expected}` : `${expected}${didYouMean(value, allowed)}`
  }
  return issue.message
    .replace(/^(Invalid input|Too small|Too big): /, '')
    .replace(/^expected string to have >=1 characters$/, 'expected some text')
    .replace(/^expected int, received number$/, 'expected a whole number')
    .replace(/^(expected .*), received undefined$/, 'missing; $1')
}

/** The values of a choice that none of was made, or null for a mistake of another kind. */
function allowedValues(issue: Issue): string[] | null {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)) {
    return issue.options.map(String)
  }
  return null
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    data,
  )
}

/** The keys that the schema allows in the map at a path. */
function allowedKeys(whole: z.ZodType, path: Path, data: unknown): string[] {
  let schema: unknown = whole
  path.forEach((key, depth) => {
    const outer = unwrapped(schema, valueAt(data, path.slice(0, depth)))
    schema =
      outer instanceof z.ZodArray ? outer.element : outer instanceof z.ZodObject ? outer.shape[String(key)] : undefined
  })
  const map = unwrapped(schema, valueAt(data, path))
  return map instanceof z.ZodObject ? Object.keys(map.shape) : []
}

const WRAPPERS = [z.ZodDefault, z.ZodPrefault, z.ZodNullable, z.ZodOptional]

/** The schema inside what defaults and null put around it; of a union, the member that the value chose. */
function unwrapped(schema: unknown, value: unknown): unknown {
  if (WRAPPERS.some((wrapper) => schema instanceof wrapper)) {
    return unwrapped((schema as { unwrap(): unknown }).unwrap(), value)
  }
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema
  const { discriminator, options } = schema.def
  return options.find((option) => {
    const member = option instanceof z.ZodObject ? option.shape[discriminator] : undefined
    return member instanceof z.ZodType && member.safeParse(valueAt(value, [discriminator])).success
  })
}

/** Where in the text the value at a path stands; the nearest enclosing value when the path leads nowhere. */
function offsetOf(root: ParsedNode | null, path: Path): number {
  let node: unknown = root
  let offset = root?.range?.[0] ?? 0
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key)
      if (pair === undefined) return offset
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      offset = (node as ParsedNode | undefined)?.range?.[0] ?? offset
    } else return offset
  }
  return offset
}

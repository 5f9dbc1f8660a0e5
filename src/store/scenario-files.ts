import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isMap, isPair, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml'
import { unknownValueError, usageError } from '../core/errors.js'
import { nearest } from '../core/nearest.js'
import { MAX_REPLICAS } from '../core/parameters.js'
import { type Scenario, scenarioSchema, withReplicas } from '../core/scenario.js'

/** A family: any `<prefix>-<n>` is made from the scenario file of one n. */
const FAMILY = { prefix: 'lb', from: 'lb-3' }

/**
 * Finds a scenario: a built-in one by name, `lb-<n>` for any n, or a file by its path.
 * @param builtinDir the folder of built-in scenario files
 * @throws LabError (usage) with the names there are, or with file, line and path of what is wrong in the file
 */
export async function findScenario(nameOrPath: string, builtinDir: string): Promise<Scenario> {
  if (/\.ya?ml$/.test(nameOrPath) || nameOrPath.includes('/')) return readScenario(nameOrPath)
  const names = await builtinNames(builtinDir)
  if (names.includes(nameOrPath)) return readScenario(join(builtinDir, `${nameOrPath}.yaml`))
  const family = new RegExp(`^${FAMILY.prefix}-(\\d+)$`).exec(nameOrPath)
  if (family !== null) {
    const replicas = Number(family[1])
    if (replicas < 1 || replicas > MAX_REPLICAS) {
      throw usageError(`${nameOrPath}: the number of replicas must be from 1 to ${MAX_REPLICAS}`)
    }
    const scenario = await readScenario(join(builtinDir, `${FAMILY.from}.yaml`))
    return withReplicas(scenario, `${FAMILY.prefix}-${replicas}`, replicas)
  }
  throw unknownValueError('scenario', nameOrPath, [...names, `${FAMILY.prefix}-<n>`, 'a path to a .yaml file'])
}

/** Every built-in scenario, in the order of their names, `single` first. */
export async function builtinScenarios(builtinDir: string): Promise<Scenario[]> {
  const names = await builtinNames(builtinDir)
  return Promise.all(names.map((name) => readScenario(join(builtinDir, `${name}.yaml`))))
}

async function builtinNames(dir: string): Promise<string[]> {
  const names = (await readdir(dir)).filter((file) => file.endsWith('.yaml')).map((file) => file.replace(/\.yaml$/, ''))
  return names.toSorted((a, b) => Number(b === 'single') - Number(a === 'single') || a.localeCompare(b))
}

/**
 * Reads and checks a scenario file.
 * @throws LabError (usage) with one line per mistake: file:line:column, the path inside the file, what was expected
 */
export async function readScenario(file: string): Promise<Scenario> {
  const info = await stat(file).catch(() => null)
  if (info === null || !info.isFile())
    throw usageError(`there is no scenario file ${file}`, 'See the built-in ones: scalelab list')
  return parseScenario(await readFile(file, 'utf8'), file)
}

/** The scenario in a text; `file` is only named in errors. */
export function parseScenario(text: string, file: string): Scenario {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [syntax] = document.errors
  if (syntax !== undefined) {
    const { line, col } = lines.linePos(syntax.pos[0])
    throw usageError(`${file}:${line}:${col}: not valid YAML: ${syntax.message}`)
  }
  const result = scenarioSchema.safeParse(document.toJS())
  if (result.success) return result.data
  const mistakes = result.error.issues.flatMap((issue) => {
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path]
    return paths.map((path) => {
      const { line, col } = lines.linePos(offsetOf(document.contents, path))
      const allowed = issue.code === 'unrecognized_keys' ? allowedKeys(path) : []
      const close = nearest(String(path.at(-1) ?? ''), allowed)
      const what =
        issue.code === 'unrecognized_keys'
          ? `unknown key${close === undefined ? '' : `; did you mean "${close}"?`}${allowed.length === 0 ? '' : ` (allowed: ${allowed.join(', ')})`}`
          : expectedText(issue)
      return `${file}:${line}:${col}: ${path.join('.') || 'the file'}: ${what}`
    })
  })
  throw usageError(mistakes.join('\n'))
}

/** zod's message in the words of a file's author: what was expected there. */
function expectedText(issue: { code: string; message: string }): string {
  return issue.message
    .replace(/^Invalid option: /, '')
    .replace(/^Invalid input: /, '')
    .replace(/^Too small: /, '')
    .replace(/^Too big: /, '')
    .replace(/^Invalid string: /, '')
}

/** The keys that the schema allows beside an unknown one. */
function allowedKeys(path: readonly PropertyKey[]): string[] {
  let schema: unknown = scenarioSchema
  for (const key of path.slice(0, -1))
    schema = typeof key === 'number' ? child(schema, 'element') : child(schema, 'shape', key)
  const shape = child(schema, 'shape')
  return typeof shape === 'object' && shape !== null ? Object.keys(shape) : []
}

/** A property of a schema, looking through the wrappers that defaults and null put around it. */
function child(schema: unknown, property: string, key?: PropertyKey): unknown {
  let current = schema
  for (;;) {
    const record = current as Record<PropertyKey, unknown> | undefined
    const value = record?.[property]
    if (value !== undefined) return key === undefined ? value : (value as Record<PropertyKey, unknown>)[key]
    const inner = (record?.def as Record<string, unknown> | undefined)?.innerType
    if (inner === undefined) return undefined
    current = inner
  }
}

/** Where in the text the value at a path stands; the nearest enclosing value when the path leads nowhere. */
function offsetOf(root: ParsedNode | null, path: readonly PropertyKey[]): number {
  let node: unknown = root
  let offset = root?.range?.[0] ?? 0
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
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

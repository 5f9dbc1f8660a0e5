import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Document, LineCounter, parseDocument, visit } from 'yaml'
import { type LabError, unknownValueError, usageError } from '../core/errors.js'
import { MAX_REPLICAS, MAX_STANDBYS } from '../core/parameters.js'
import { type Scenario, scenarioSchema, withReplicas, withShards, withStandbys } from '../core/scenario.js'
import { MAX_SHARDS } from '../core/shard-map.js'
import { describeMistakes } from './scenario-mistakes.js'

/** Families: any `<prefix>-<n>` is made from the scenario file of one n. */
const FAMILIES = [
  { prefix: 'lb', from: 'lb-3', what: 'replicas', max: MAX_REPLICAS, with: withReplicas },
  { prefix: 'repl', from: 'repl-2', what: 'standbys', max: MAX_STANDBYS, with: withStandbys },
  { prefix: 'shard', from: 'shard-3', what: 'shards', max: MAX_SHARDS, with: withShards },
  { prefix: 'shard-scaling', from: 'shard-scaling-4', what: 'shards', max: MAX_SHARDS, with: withShards },
] as const

/** Whether a scenario is given by the path of its file rather than by its name. */
export function isScenarioFile(nameOrPath: string): boolean {
  return /\.ya?ml$/.test(nameOrPath) || nameOrPath.includes('/')
}

/**
 * Finds a scenario: a built-in one by name, `lb-<n>` and the other families for any n, or a file by its path.
 * @param builtinDir the folder of built-in scenario files
 * @throws LabError (usage) with the names there are, or with file, line and path of what is wrong in the file
 */
export async function findScenario(nameOrPath: string, builtinDir: string): Promise<Scenario> {
  if (isScenarioFile(nameOrPath)) return readScenario(nameOrPath)
  const names = await builtinNames(builtinDir)
  if (names.includes(nameOrPath)) return readScenario(join(builtinDir, `${nameOrPath}.yaml`))
  for (const family of FAMILIES) {
    const digits = new RegExp(`^${family.prefix}-(\\d+)$`).exec(nameOrPath)?.[1]
    if (digits === undefined) continue
    const number = Number(digits)
    if (number < 1 || number > family.max) {
      throw usageError(`${nameOrPath}: the number of ${family.what} must be from 1 to ${family.max}`)
    }
    const scenario = await readScenario(join(builtinDir, `${family.from}.yaml`))
    return family.with(scenario, `${family.prefix}-${number}`, number)
  }
  const families = FAMILIES.map(({ prefix }) => `${prefix}-<n>`)
  throw unknownValueError('scenario', nameOrPath, [...names, ...families, 'a path to a .yaml file'])
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
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw usageError(`${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  })
  return parseScenario(text, file)
}

/** The scenario in a text; `file` is only named in errors. @throws LabError (usage) as `readScenario` */
export function parseScenario(text: string, file: string): Scenario {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [syntax] = document.errors
  if (syntax !== undefined) {
    const what = syntax.code === 'MULTIPLE_DOCS' ? 'a file holds one scenario, and here begins another' : syntax.message
    throw invalidYaml(file, lines, syntax.pos[0], what)
  }
  const data = plainValue(document, lines, file)
  const result = scenarioSchema.safeParse(data)
  if (result.success) return result.data
  throw usageError(describeMistakes(result.error.issues, data, document, lines, file).join('\n'))
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

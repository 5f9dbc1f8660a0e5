import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unknownValueError, usageError } from '../core/errors.js'
import { EXPERIMENT_SCHEMA, type Experiment, experimentSchema } from '../core/experiment.js'
import { MAX_STANDBYS } from '../core/parameters/database.js'
import { MAX_REPLICAS } from '../core/parameters.js'
import {
  SCENARIO_SCHEMA,
  type Scenario,
  scenarioSchema,
  withReplicas,
  withShards,
  withStandbys,
} from '../core/scenario.js'
import { MAX_SHARDS } from '../core/shard-map.js'
import { isMissing, readText } from './read-file.js'
import type { YamlText } from './yaml-file.js'

/** Far more than a person writes. */
const MOST_BYTES = 2 ** 20
/** Written by build.config.js; it is beside the folder of this module, and of the file that this becomes a part of. */
const SEEN_BY_BUILD = new URL('../scenarios.json', import.meta.url)

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

/** What a file asks for: one stack and its load, or variants to be compared. */
export type Asked = { kind: 'scenario'; scenario: Scenario } | { kind: 'experiment'; experiment: Experiment }

/**
 * Finds a scenario: a built-in one by name, `lb-<n>` and the other families for any n, or a file by its path.
 * @param builtinDir the folder of built-in scenario files
 * @throws LabError (usage) with the names there are, or with file, line and path of what is wrong in the file
 */
export async function findScenario(nameOrPath: string, builtinDir: string): Promise<Scenario> {
  if (isScenarioFile(nameOrPath)) return readScenario(nameOrPath)
  const found = await findBuiltin(nameOrPath, builtinDir)
  if (found?.kind === 'scenario') return found.scenario
  throw unknownValueError('scenario', nameOrPath, await namesLike(builtinDir, 'scenario'))
}

/**
 * Finds what is given by the path of its file, or by the name of a built-in scenario or experiment.
 * @throws LabError (usage) as `findScenario`
 */
export async function find(nameOrPath: string, builtinDir: string): Promise<Asked> {
  if (isScenarioFile(nameOrPath)) return readEither(nameOrPath)
  const found = await findBuiltin(nameOrPath, builtinDir)
  if (found !== null) return found
  const names = [...(await namesLike(builtinDir, 'experiment')), ...(await namesLike(builtinDir, 'scenario'))]
  throw unknownValueError('experiment or scenario', nameOrPath, names)
}

/** Everything that is built in, in the order of the names, the scenario `single` first. */
export async function builtins(dir: string): Promise<{ scenarios: Scenario[]; experiments: Experiment[] }> {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.yaml'))
  const all = await Promise.all(files.map((file) => readEither(join(dir, file))))
  return {
    scenarios: all
      .flatMap((asked) => (asked.kind === 'scenario' ? [asked.scenario] : []))
      .toSorted((a, b) => Number(b.name === 'single') - Number(a.name === 'single') || a.name.localeCompare(b.name)),
    experiments: all
      .flatMap((asked) => (asked.kind === 'experiment' ? [asked.experiment] : []))
      .toSorted((a, b) => a.name.localeCompare(b.name)),
  }
}

/**
 * Reads and checks a scenario file.
 * @throws LabError (usage) with one line per mistake: file:line:column, the path inside the file, what was expected
 */
export async function readScenario(file: string): Promise<Scenario> {
  return (await readYaml(file, 'scenario', 'scenario')).as(scenarioSchema)
}

/** By its name, a member of a family included; null where there is none. */
async function findBuiltin(name: string, dir: string): Promise<Asked | null> {
  const file = join(dir, `${name}.yaml`)
  if (existsSync(file)) return readEither(file)
  for (const family of FAMILIES) {
    const digits = new RegExp(`^${family.prefix}-(\\d+)$`).exec(name)?.[1]
    if (digits === undefined) continue
    const number = Number(digits)
    if (number < 1 || number > family.max) {
      throw usageError(`${name}: the number of ${family.what} must be from 1 to ${family.max}`)
    }
    const scenario = await readScenario(join(dir, `${family.from}.yaml`))
    return { kind: 'scenario', scenario: family.with(scenario, `${family.prefix}-${number}`, number) }
  }
  return null
}

/** What may stand for the name of a built-in. */
async function namesLike(dir: string, kind: Asked['kind']): Promise<string[]> {
  const { scenarios, experiments } = await builtins(dir)
  if (kind === 'experiment') return experiments.map(({ name }) => name)
  const families = FAMILIES.map(({ prefix }) => `${prefix}-<n>`)
  return [...scenarios.map(({ name }) => name), ...families, 'a path to a .yaml file']
}

/** By what the file says it is. @throws LabError (usage) as `readScenario`, and for a file that is neither */
async function readEither(file: string): Promise<Asked> {
  const yaml = await readYaml(file, 'scenario or experiment', 'document')
  if (yaml.named === EXPERIMENT_SCHEMA) return { kind: 'experiment', experiment: yaml.as(experimentSchema) }
  if (yaml.named === SCENARIO_SCHEMA) return { kind: 'scenario', scenario: yaml.as(scenarioSchema) }
  throw usageError(
    `${file}: schema: ${yaml.named === undefined ? 'missing' : `unknown ${JSON.stringify(yaml.named)}`}`,
    `Write schema: ${EXPERIMENT_SCHEMA} for variants to be compared, schema: ${SCENARIO_SCHEMA} for one stack and its load`,
  )
}

/**
 * What a file holds. A text that the build has seen is not parsed again: for the built-in files that would take as long as all
 * else that `list` does.
 * @param kind of file, as in "there is no scenario file" @param noun for one of what it holds @throws LabError (usage)
 */
async function readYaml(file: string, kind: string, noun: string): Promise<YamlText> {
  const text = await readText(file, { noun: `a ${kind} file`, most: MOST_BYTES }).catch((error: unknown) => {
    if (!isMissing(error)) throw error
    throw usageError(`there is no ${kind} file ${file}`, 'See the built-in ones: scalelab list')
  })
  const data = (await seenByBuild())[text]
  if (data === undefined) return (await import('./yaml-file.js')).parseYaml(text, file, noun)
  return { named: data.schema, as: (schema) => schema.parse(data) }
}

type Seen = Readonly<Record<string, Readonly<Record<string, unknown>>>>
let seen: Promise<Seen> | undefined

/** What texts of YAML hold, by the text; nothing where the sources run unbuilt. */
function seenByBuild(): Promise<Seen> {
  seen ??= readFile(SEEN_BY_BUILD, 'utf8').then(
    (json) => JSON.parse(json),
    () => ({}),
  )
  return seen
}

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError, unknownValueError, usageError } from '../core/errors.js'
import type { Experiment } from '../core/experiment.js'
import { MAX_REPLICAS, MAX_STANDBYS } from '../core/parameters.js'
import { type Scenario, scenarioSchema, withReplicas, withShards, withStandbys } from '../core/scenario.js'
import { MAX_SHARDS } from '../core/shard-map.js'
import { type FileKind, kindOfFile, readExperiment } from './experiment-files.js'
import { parseYaml, readYaml } from './yaml-file.js'

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

/** Every built-in experiment, in the order of their names. */
export async function builtinExperiments(builtinDir: string): Promise<Experiment[]> {
  const names = await namesOf(builtinDir, 'experiment')
  return Promise.all(names.map((name) => readExperiment(join(builtinDir, `${name}.yaml`))))
}

/**
 * Finds what `run` is given: a file, or the name of a built-in scenario or experiment.
 * @returns its path and what it is; the path of a scenario that is not built in under this very name is the name itself
 * @throws LabError (usage)
 */
export async function findFile(nameOrPath: string, builtinDir: string): Promise<{ path: string; kind: FileKind }> {
  if (isScenarioFile(nameOrPath)) return { path: nameOrPath, kind: await kindOfFile(nameOrPath) }
  const experiments = await namesOf(builtinDir, 'experiment')
  if (experiments.includes(nameOrPath)) return { path: join(builtinDir, `${nameOrPath}.yaml`), kind: 'experiment' }
  try {
    await findScenario(nameOrPath, builtinDir)
  } catch (error) {
    const names = [...experiments, ...(await builtinNames(builtinDir))]
    if (error instanceof LabError && /^unknown /.test(error.message)) {
      throw unknownValueError('experiment or scenario', nameOrPath, [...names, 'a path to a .yaml file'])
    }
    throw error
  }
  return { path: nameOrPath, kind: 'scenario' }
}

async function builtinNames(dir: string): Promise<string[]> {
  const names = await namesOf(dir, 'scenario')
  return names.toSorted((a, b) => Number(b === 'single') - Number(a === 'single') || a.localeCompare(b))
}

/**
 * Reads and checks a scenario file.
 * @throws LabError (usage) with one line per mistake: file:line:column, the path inside the file, what was expected
 */
export async function readScenario(file: string): Promise<Scenario> {
  return parseScenario(await readYaml(file, 'scenario'), file)
}

/** The scenario in a text; `file` is only named in errors. @throws LabError (usage) as `readScenario` */
export function parseScenario(text: string, file: string): Scenario {
  return parseYaml(text, file, scenarioSchema, 'scenario')
}

/** Files of one kind, without their ending. */
async function namesOf(dir: string, kind: FileKind): Promise<string[]> {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.yaml'))
  const kinds = await Promise.all(files.map((file) => kindOfFile(join(dir, file))))
  return files
    .filter((_, i) => kinds[i] === kind)
    .map((file) => file.replace(/\.yaml$/, ''))
    .toSorted((a, b) => a.localeCompare(b))
}

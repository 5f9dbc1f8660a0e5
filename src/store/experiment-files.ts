import { usageError } from '../core/errors.js'
import { EXPERIMENT_SCHEMA, type Experiment, experimentSchema } from '../core/experiment.js'
import { SCENARIO_SCHEMA } from '../core/scenario.js'
import { parseYaml, readYaml, schemaNamed } from './yaml-file.js'

/** What a file asks for. */
export type FileKind = 'scenario' | 'experiment'

/** What kind of file it is, by its schema. @throws LabError (usage) for a file that is neither, or no YAML */
export async function kindOfFile(file: string): Promise<FileKind> {
  const schema = schemaNamed(await readYaml(file, 'scenario or experiment'), file)
  if (schema === EXPERIMENT_SCHEMA) return 'experiment'
  if (schema === SCENARIO_SCHEMA) return 'scenario'
  throw usageError(
    `${file}: schema: ${schema === undefined ? 'missing' : `unknown ${JSON.stringify(schema)}`}`,
    `Write schema: ${EXPERIMENT_SCHEMA} for variants to be compared, schema: ${SCENARIO_SCHEMA} for one stack and its load`,
  )
}

/**
 * Reads and checks an experiment file.
 * @throws LabError (usage) with one line per mistake: file:line:column, the path inside the file, what was expected
 */
export async function readExperiment(file: string): Promise<Experiment> {
  return parseYaml(await readYaml(file, 'experiment'), file, experimentSchema, 'experiment')
}

import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { COMPARISON_SCHEMA, type Comparison, comparisonSchema } from '../core/comparison.js'
import { LabError, usageError } from '../core/errors.js'
import type { RunRecord } from '../core/record.js'
import { writeFileAtomically } from './atomic-file.js'
import { pointLatest, readRecord } from './run-folder.js'

export const COMPARISON_FILE = 'comparison.json'
/** Where the runs of a comparison keep their folders, below its own. */
export const RUNS_FOLDER = 'runs'

/** Replaces comparison.json, and points `latest` beside the folder, and beside all comparisons, to it. @throws LabError (environment) */
export async function writeComparisonFile(folder: string, comparison: Comparison): Promise<void> {
  await writeFileAtomically(join(folder, COMPARISON_FILE), `${JSON.stringify(comparison, null, 2)}\n`)
  await pointLatest(dirname(folder), folder)
  await pointLatest(dirname(dirname(folder)), folder)
}

/** Whether there is a comparison at a path: a comparison.json, or a folder that holds one. */
export async function isComparison(path: string): Promise<boolean> {
  return (await findFile(path)) !== null
}

/**
 * Reads the comparison at a path: a comparison.json, the folder that holds it, or the folder whose `latest` does.
 * @throws LabError (usage) that says what is wrong with it: missing, damaged, or of a newer version
 */
export async function readComparison(path: string): Promise<{ comparison: Comparison; folder: string }> {
  const file = await findFile(path)
  if (file === null) {
    throw usageError(
      `there is no comparison at ${path}`,
      `Give a folder with a ${COMPARISON_FILE}, as in reports/experiments/<name>/<time>`,
    )
  }
  const data = parsed(await readFile(file, 'utf8'))
  const schema = typeof data === 'object' && data !== null && 'schema' in data ? data.schema : undefined
  if (schema !== undefined && schema !== COMPARISON_SCHEMA) {
    throw usageError(
      `${file} has the schema ${JSON.stringify(schema)}, and this version reads ${COMPARISON_SCHEMA}`,
      'Use the version of scalelab that wrote it (or a newer one)',
    )
  }
  const result = comparisonSchema.safeParse(data)
  if (result.success) return { comparison: result.data, folder: dirname(file) }
  const [issue] = result.error.issues
  throw usageError(
    `${file} is damaged${data === undefined ? ': it is not JSON' : ` at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? 'unreadable'}`}`,
    'The records of its runs, in the folder runs beside it, may still be whole: scalelab report reads each',
  )
}

/**
 * The records of a comparison's runs, by the folder that it names. One that is damaged or of a newer version is told and left out.
 * @param onDamaged told of each with what is wrong
 */
export async function readComparedRecords(
  folder: string,
  { runs }: Pick<Comparison, 'runs'>,
  onDamaged: (what: string) => void,
): Promise<ReadonlyMap<string, RunRecord>> {
  const records = new Map<string, RunRecord>()
  for (const { record: path } of runs) {
    if (path === null) continue
    try {
      records.set(path, (await readRecord(join(folder, path))).record)
    } catch (error) {
      if (!(error instanceof LabError)) throw error
      onDamaged(error.message)
    }
  }
  return records
}

async function findFile(path: string): Promise<string | null> {
  for (const candidate of [path, join(path, COMPARISON_FILE), join(path, 'latest', COMPARISON_FILE)]) {
    if (candidate.endsWith('.json') && (await stat(candidate).catch(() => null))?.isFile()) {
      if (candidate !== path || candidate.endsWith(COMPARISON_FILE)) return candidate
    }
  }
  return null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

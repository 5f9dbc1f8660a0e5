import { dirname, join } from 'node:path'
import { COMPARISON_SCHEMA, type Comparison, comparisonSchema, withoutSecrets } from '../core/comparison.js'
import { LabError } from '../core/errors.js'
import type { RunRecord } from '../core/record.js'
import { writeFileAtomically } from './atomic-file.js'
import type { DocumentKind } from './document.js'
import { pointLatest, readRecord } from './run-folder.js'

/** Where the runs of a comparison keep their folders, below its own. */
export const RUNS_FOLDER = 'runs'

/** Replaces comparison.json, without what may be a secret in it, and points `latest` beside the folder, and beside all comparisons, to it. @throws LabError (environment) */
export async function writeComparisonFile(folder: string, comparison: Comparison): Promise<void> {
  await writeFileAtomically(
    join(folder, COMPARISON_DOCUMENT.file),
    `${JSON.stringify(withoutSecrets(comparison), null, 2)}\n`,
  )
  await pointLatest(dirname(folder), folder)
  await pointLatest(dirname(dirname(folder)), folder)
}

/** Comparisons as documents that are read again. */
export const COMPARISON_DOCUMENT = {
  schema: COMPARISON_SCHEMA,
  file: 'comparison.json',
  parser: comparisonSchema,
} satisfies DocumentKind<Comparison>

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

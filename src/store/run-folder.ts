import { appendFile, mkdir, readdir, readFile, rename, rm, rmdir, stat, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { usageError } from '../core/errors.js'
import { RECORD_SCHEMA, type RunRecord, runRecordSchema } from '../core/record.js'
import type { Sample } from '../core/sample.js'
import { writeError, writeFileAtomically } from './atomic-file.js'

const RECORD_FILE = 'run.json'
const SAMPLES_FILE = 'samples.ndjson'

/** The folder of one run or of one comparison: `<reports>/<scenario>/<time>/`, with `latest` beside it. */
export interface RunFolder {
  path: string
  /** Appends samples, one JSON object a line. */
  appendSamples(samples: readonly Sample[]): Promise<void>
  /** Replaces run.json, and points the scenario's `latest` here: from now on there is something to read. */
  writeRecord(record: RunRecord): Promise<void>
  /** Removes the folder if nothing was ever written into it: a run that never began leaves no trace. */
  removeIfEmpty(): Promise<void>
  /** Writes a file of the report. */
  writeFile(name: string, text: string): Promise<void>
}

/**
 * Makes the folder of a run before anything is measured, so that a path that cannot be written fails at once.
 * @param startedAt names the folder: 2026-11-20T10-15-00Z, with -2, -3, ... when taken
 * @throws LabError (environment) when it cannot be made
 */
export async function createRunFolder(reportsDir: string, scenario: string, startedAt: Date): Promise<RunFolder> {
  const parent = join(reportsDir, scenario)
  const stamp = startedAt
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')
  const path = await claimFolder(parent, stamp)
  return openRunFolder(path)
}

/** The folder of a run that is there already. */
export function openRunFolder(path: string): RunFolder {
  return {
    path,
    async appendSamples(samples) {
      if (samples.length === 0) return
      const file = join(path, SAMPLES_FILE)
      try {
        await appendFile(file, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
      } catch (error) {
        throw writeError(error, file)
      }
    },
    async writeRecord(record) {
      await writeFileAtomically(join(path, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`)
      await pointLatest(dirname(path), path)
    },
    async removeIfEmpty() {
      // The scenario's own folder too, if this was its only run.
      await rmdir(path)
        .then(() => rmdir(dirname(path)))
        .catch(() => undefined)
    },
    writeFile: (name, text) => writeFileAtomically(join(path, name), text),
  }
}

async function claimFolder(parent: string, stamp: string): Promise<string> {
  try {
    await mkdir(parent, { recursive: true })
    for (let attempt = 1; ; attempt++) {
      const path = join(parent, attempt === 1 ? stamp : `${stamp}-${attempt}`)
      try {
        await mkdir(path)
        return path
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      }
    }
  } catch (error) {
    throw writeError(error, join(parent, stamp))
  }
}

/** Replaces the link `latest` in a folder by one to a path below it; a file system without links simply has none. */
export async function pointLatest(parent: string, path: string): Promise<void> {
  const temporary = join(parent, `.latest.${process.pid}`)
  try {
    await rm(temporary, { force: true })
    await symlink(relative(parent, path), temporary)
    await rename(temporary, join(parent, 'latest'))
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined)
  }
}

/**
 * Reads the record at a path: a run.json, the folder that holds it, or a scenario's folder (its latest run).
 * @throws LabError (usage) that says what is wrong with it: missing, damaged, or of a newer version
 */
export async function readRecord(path: string): Promise<{ record: RunRecord; folder: string }> {
  const file = await findRecordFile(path)
  const text = await readFile(file, 'utf8')
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw usageError(`${file} is damaged: it is not JSON`, 'Its samples.ndjson may still be whole')
  }
  const schema = typeof data === 'object' && data !== null && 'schema' in data ? data.schema : undefined
  if (schema === undefined) {
    throw usageError(`${file} is no record of a run: it names no schema`, 'Give a run folder, or the run.json in it')
  }
  if (schema !== RECORD_SCHEMA) {
    throw usageError(
      `${file} has the schema ${JSON.stringify(schema)}, and this version reads ${RECORD_SCHEMA}`,
      'Use the version of scalelab that wrote it (or a newer one)',
    )
  }
  const parsed = runRecordSchema.safeParse(data)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw usageError(`${file} is damaged at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? 'unreadable'}`)
  }
  return { record: parsed.data, folder: dirname(file) }
}

async function findRecordFile(path: string): Promise<string> {
  const kind = await stat(path).catch(() => null)
  if (kind === null)
    throw usageError(`there is no run at ${path}`, 'Give a run folder, a run.json, or reports/<scenario>/latest')
  if (kind.isFile()) return path
  for (const candidate of [join(path, RECORD_FILE), join(path, 'latest', RECORD_FILE)]) {
    if ((await stat(candidate).catch(() => null))?.isFile()) return candidate
  }
  const inside = (await readdir(path)).slice(0, 8).join(', ')
  throw usageError(`${path} holds no ${RECORD_FILE}`, inside === '' ? 'It is empty' : `It holds: ${inside}`)
}

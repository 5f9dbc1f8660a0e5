import { appendFile, mkdir, readdir, rename, rm, rmdir, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { jsonText } from '../core/outside-text.js'
import { RECORD_SCHEMA, type RunRecord, runRecordSchema } from '../core/record.js'
import type { Sample } from '../core/sample.js'
import { writeError, writeFileAtomically } from './atomic-file.js'
import { type DocumentKind, readDocument } from './document.js'
import { makeFolder } from './folders.js'

const RECORD_FILE = 'run.json'
/** The record of a run as a file. */
export const RUN_DOCUMENT: DocumentKind<RunRecord> = {
  schema: RECORD_SCHEMA,
  file: RECORD_FILE,
  parser: runRecordSchema,
}
const SAMPLES_FILE = 'samples.ndjson'
const TABLES_FOLDER = 'tables'

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
  /** Replaces the tables of the report: CSV by file name, in a folder of their own. */
  writeTables(tables: Readonly<Record<string, string>>): Promise<void>
  /** Replaces the record of something other than a run, and points `latest` here. */
  writeJson(name: string, value: unknown): Promise<void>
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
    writeRecord: (record) => writeJson(path, RECORD_FILE, record),
    async removeIfEmpty() {
      // The scenario's own folder too, if this was its only run.
      await rmdir(path)
        .then(() => rmdir(dirname(path)))
        .catch(() => undefined)
    },
    writeFile: (name, text) => writeFileAtomically(join(path, name), text),
    writeTables: (tables) => replaceTables(join(path, TABLES_FOLDER), tables),
    writeJson: (name, value) => writeJson(path, name, value),
  }
}

async function writeJson(path: string, name: string, value: unknown): Promise<void> {
  await writeFileAtomically(join(path, name), `${jsonText(value)}\n`)
  await pointLatest(dirname(path), path)
}

/** Tables that an earlier report left and this one has not go; other files that somebody put there stay. */
async function replaceTables(folder: string, tables: Readonly<Record<string, string>>): Promise<void> {
  try {
    const there = await readdir(folder).catch(() => [])
    const old = there.filter((name) => /^\d+-[a-z0-9-]+\.csv$/.test(name) && !(name in tables))
    await Promise.all(old.map((name) => rm(join(folder, name), { force: true })))
    if (Object.keys(tables).length > 0) makeFolder(folder)
  } catch (error) {
    throw writeError(error, folder)
  }
  for (const [name, csv] of Object.entries(tables)) await writeFileAtomically(join(folder, name), csv)
}

async function claimFolder(parent: string, stamp: string): Promise<string> {
  try {
    makeFolder(parent)
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
  const { value, folder } = await readDocument(path, [RUN_DOCUMENT])
  return { record: value, folder }
}

import type { Stats } from 'node:fs'
import { readdir, readlink, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { environmentError, usageError } from '../core/errors.js'
import { firstIssue } from './first-issue.js'
import { readError, readText } from './read-file.js'

/** Parsed as a whole, which nothing can interrupt: of this size that takes less than a second. */
const MOST_BYTES = 64 * 2 ** 20
const NOUN = 'a record'

/** A kind of JSON file that scalelab writes, and reads again. */
export interface DocumentKind<T = unknown> {
  /** What its field `schema` says: a name and a version, as in "scalelab/run@1". */
  schema: string
  /** The file's name in its folder. */
  file: string
  /** The schema itself. */
  parser: { safeParse(data: unknown): Parsed<T> }
}

type Parsed<T> =
  | { success: true; data: T; error?: never }
  | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] }; data?: never }

type ValueOf<K> = K extends DocumentKind<infer T> ? T : never

/** A document that was found, with the kind that it is of. */
export interface FoundDocument<K extends DocumentKind = DocumentKind> {
  kind: K
  value: ValueOf<K>
  /** The folder that it lies in; never the link `latest`, which leads elsewhere tomorrow. */
  folder: string
}

/**
 * Reads the document at a path: the JSON file itself, the folder that holds it, or a scenario's folder (its latest run).
 * What it is its schema says; of several in one folder the first of `kinds` counts.
 * @throws LabError (usage) that says what is wrong with it: missing, damaged, or of a newer version; (environment) where the
 * machine refuses to read it
 */
export async function readDocument<K extends DocumentKind>(
  path: string,
  kinds: readonly K[],
): Promise<FoundDocument<K>> {
  const file = await findFile(path, kinds)
  const data = parsed(await readText(file, { noun: NOUN, most: MOST_BYTES }), file)
  const schema = typeof data === 'object' && data !== null && 'schema' in data ? data.schema : undefined
  if (schema === undefined) {
    throw usageError(`${file} is no record of a run: it names no schema`, 'Give a run folder, or the run.json in it')
  }
  const kind = kinds.find((candidate) => candidate.schema === schema)
  if (kind === undefined) {
    const family = String(schema).split('@')[0]
    const same = kinds.filter((candidate) => candidate.schema.split('@')[0] === family)
    const known = (same.length > 0 ? same : kinds).map((candidate) => candidate.schema)
    throw usageError(
      `${file} has the schema ${JSON.stringify(schema)}, and this version reads ${known.join(', ')}`,
      'Use the version of scalelab that wrote it (or a newer one)',
    )
  }
  const result = kind.parser.safeParse(data)
  if (!result.success) throw usageError(`${file} is damaged${firstIssue(result.error)}`)
  return { kind, value: result.data as ValueOf<K>, folder: await settled(dirname(file)) }
}

async function settled(folder: string): Promise<string> {
  if (basename(folder) !== 'latest') return folder
  const target = await readlink(folder).catch(() => null)
  if (target === null) return folder
  return isAbsolute(target) ? target : join(dirname(folder), target)
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw usageError(`${file} is damaged: it is not JSON`, 'Its samples.ndjson may still be whole')
  }
}

async function findFile(path: string, kinds: readonly DocumentKind[]): Promise<string> {
  const kind = await lookedAt(path)
  if (kind === null)
    throw usageError(`there is no run at ${path}`, 'Give a run folder, a run.json, or reports/<scenario>/latest')
  // What is neither a folder nor a file is refused where it is read.
  if (!kind.isDirectory()) return path
  const names = kinds.map(({ file }) => file)
  for (const folder of [path, join(path, 'latest')]) {
    for (const name of names) {
      const candidate = join(folder, name)
      if ((await lookedAt(candidate))?.isFile()) return candidate
    }
  }
  const inside = await readdir(path).then(
    (found) => found.slice(0, 8).join(', '),
    (error: unknown) => {
      throw environmentError(
        `the folder ${path} cannot be listed (${codeOf(error)})`,
        `See whose it is: ls -ld ${path}`,
      )
    },
  )
  const missing = names.length === 1 ? names[0] : `none of ${names.join(', ')}`
  throw usageError(
    `${path} holds ${names.length === 1 ? `no ${missing}` : missing}`,
    inside === '' ? 'It is empty' : `It holds: ${inside}`,
  )
}

/** Null for what is not there. @throws LabError where that is not to be seen */
async function lookedAt(path: string): Promise<Stats | null> {
  return stat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null
    throw readError(error, path, NOUN)
  })
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

import { mkdirSync, statSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { environmentError, LabError, usageError } from '../core/errors.js'
import type { StackEntry, StackFolders, StackRecord } from '../core/stack-folders.js'
import { stackRecordSchema } from '../core/stack-schema.js'
import { writeError, writeFileAtomically } from './atomic-file.js'
import { firstIssue } from './first-issue.js'
import { makeFolder } from './folders.js'
import { isMissing, readText } from './read-file.js'

const RECORD_FILE = 'stack.json'
const MOST_BYTES = 16 * 2 ** 20
const ELSEWHERE = 'set XDG_STATE_HOME to another folder'
/** A name that is a folder's on every system, and no path. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** @param stateDir where scalelab keeps state, "$XDG_STATE_HOME/scalelab"; made when needed, for this user only */
export function stackFolders(stateDir: string): StackFolders {
  const stacks = join(resolve(stateDir), 'stacks')
  const folder = (name: string): string => join(stacks, checked(name))
  const recordFile = (name: string): string => join(folder(name), RECORD_FILE)
  const nodesIn = (name: string): string => join(folder(name), 'nodes')
  const closedIn = (name: string): string => join(folder(name), 'closed')
  const nodeFolder = (name: string, node: string): string => join(nodesIn(name), checked(node))

  /** Throws the error, or says that there is nothing to write to any more. */
  const orGone = async (name: string, error: unknown): Promise<never> => {
    if (await exists(nodesIn(name))) throw error
    throw environmentError(`stack ${name} was taken down by another command in the meantime`)
  }

  const save = async (record: StackRecord): Promise<void> => {
    const { name } = record.meta
    const text = `${JSON.stringify(record, null, 2)}\n`
    await writeFileAtomically(recordFile(name), text, ELSEWHERE).catch((error: unknown) => orGone(name, error))
  }

  const known = new Map<string, { version: string; record: StackRecord }>()
  /** Every look at a node begins with the record: one that has not changed is not read again, least of all in a failover. */
  const read = async (name: string): Promise<StackRecord | undefined> => {
    const version = versionOf(recordFile(name))
    const before = known.get(name)
    if (version !== undefined && before?.version === version) return before.record
    const record = await readAgain(name)
    if (version === undefined || record === undefined) known.delete(name)
    // What was read may be newer than its version says, and is then only read once more.
    else known.set(name, { version, record })
    return record
  }

  const readAgain = async (name: string): Promise<StackRecord | undefined> => {
    let text: string
    try {
      text = await readText(recordFile(name), { noun: 'the record of a stack', most: MOST_BYTES })
    } catch (error) {
      if (!isMissing(error)) throw damaged(recordFile(name), 'cannot be read', error)
      // Made a moment ago, or killed in that moment.
      if (await exists(folder(name))) throw damaged(recordFile(name), 'is missing', error)
      return undefined
    }
    return parsed(text, name, recordFile(name))
  }

  return {
    folder,
    nodeFolder,
    read,
    save,

    async create(record) {
      const { name } = record.meta
      try {
        makeFolder(stacks, { mode: 0o700, elsewhere: ELSEWHERE })
        // Not recursive: of two commands that make the same stack, one fails here.
        await mkdir(folder(name), { mode: 0o700 })
      } catch (error) {
        if (codeOf(error) === 'EEXIST' && (await exists(folder(name)))) {
          throw usageError(
            `there is a stack named ${name} already`,
            `Take it down: scalelab down ${name}\nOr give the new one another name: --name NAME`,
          )
        }
        throw writeError(error, folder(name), ELSEWHERE)
      }
      try {
        await mkdir(nodesIn(name), { mode: 0o700 })
        await save(record)
      } catch (error) {
        await rm(folder(name), { recursive: true, force: true })
        throw error instanceof LabError ? error : writeError(error, folder(name), ELSEWHERE)
      }
    },

    async list() {
      const names = (await entries(stacks)).filter((name) => NAME.test(name)).sort()
      const found = await Promise.all(
        names.map(async (name): Promise<StackEntry | undefined> => {
          try {
            const record = await read(name)
            return record === undefined ? undefined : { name, record }
          } catch (error) {
            if (error instanceof LabError) return { name, damage: error }
            throw error
          }
        }),
      )
      return found.filter((entry) => entry !== undefined)
    },

    async remove(name) {
      await rm(folder(name), { recursive: true, force: true, maxRetries: 3 })
    },

    async nodeFolders(name) {
      const places = await Promise.all(
        [nodesIn(name), closedIn(name)].map(async (place) =>
          (await entries(place)).map((id) => ({ id, path: join(place, id) })),
        ),
      )
      return places.flat()
    },

    async writeNode(name, node, files) {
      const home = join(nodeFolder(name, node), 'files')
      try {
        makeInside(nodesIn(name), home)
        for (const [path, text] of Object.entries(files)) {
          const target = resolve(home, path)
          if (!target.startsWith(`${home}/`)) throw new Error(`file ${path} of ${node} lies outside its folder`)
          if (text === null) {
            await rm(target, { force: true })
          } else {
            makeInside(home, dirname(target))
            await writeFileAtomically(target, text, ELSEWHERE, 0o600)
          }
        }
      } catch (error) {
        await orGone(name, error instanceof LabError ? error : writeError(error, home, ELSEWHERE))
      }
    },

    async removeNode(name, node) {
      await rm(nodeFolder(name, node), { recursive: true, force: true, maxRetries: 3 })
    },

    async close(name) {
      await rename(nodesIn(name), closedIn(name)).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error
      })
    },
  }
}

/** Makes the folders between two paths one by one: `recursive` would make `outer` again after a stack was removed. */
function makeInside(outer: string, inner: string): void {
  if (outer === inner) return
  makeInside(outer, dirname(inner))
  try {
    mkdirSync(inner, { mode: 0o700 })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** Another one for every file that was under this name; undefined where there is none. */
function versionOf(file: string): string | undefined {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? undefined : [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ')
}

function parsed(text: string, name: string, file: string): StackRecord {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw damaged(file, 'is not JSON', error)
  }
  const result = stackRecordSchema.safeParse(value)
  if (!result.success) {
    throw damaged(file, `is of another version or damaged${firstIssue(result.error)}`)
  }
  if (result.data.meta.name !== name) throw damaged(file, `describes stack ${result.data.meta.name}`)
  return result.data
}

function damaged(file: string, what: string, cause?: unknown): LabError {
  return environmentError(
    `${file} ${what}`,
    'The stack it belongs to can only be removed: scalelab clean',
    cause instanceof Error ? [cause.message] : [],
  )
}

function checked(name: string): string {
  if (NAME.test(name)) return name
  throw usageError(
    `"${name}" cannot be a name`,
    'Letters, digits, dots, dashes and underscores, a letter or digit first',
  )
}

async function entries(path: string): Promise<string[]> {
  try {
    // Folders only: a file that somebody left there is nothing of ours.
    return (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw environmentError(`${path} cannot be read (${codeOf(error)})`, `Mend its permissions, or ${ELSEWHERE}`)
  }
}

async function exists(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    (error: unknown) => codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR',
  )
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

import { closeSync, mkdirSync, openSync, rmdirSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { writeError } from './atomic-file.js'

export interface FolderOptions {
  /** Of the folders that are made; what the umask leaves of 0777 unless given. */
  mode?: number
  /** How the user writes to another place, for the hint. */
  elsewhere?: string | undefined
}

/**
 * Makes a folder, and those above it that are missing. One by one: `recursive` of Node's own turns for ever below a file
 * system that makes no folders and says that there are none, as /proc does.
 * @returns those that were made, the outermost first
 * @throws LabError (environment) where that cannot be
 */
export function makeFolder(path: string, { mode = 0o777, elsewhere }: FolderOptions = {}): string[] {
  const missing: string[] = []
  try {
    let folder = resolve(path)
    while (!isFolder(folder)) {
      missing.unshift(folder)
      folder = dirname(folder)
    }
    return missing.filter((each) => madeNow(each, mode))
  } catch (error) {
    throw writeError(error, path, elsewhere)
  }
}

/**
 * Whether files can be written below a folder, by writing one: a folder that is there may be read-only, or its disk full.
 * Leaves everything as it was.
 * @throws LabError (environment) where that cannot be
 */
export function checkWritable(path: string, elsewhere?: string): void {
  const made = makeFolder(path, { elsewhere })
  const file = join(path, `.scalelab-${process.pid}`)
  try {
    const handle = openSync(file, 'wx')
    try {
      writeSync(handle, 'can this be written?\n')
    } finally {
      closeSync(handle)
    }
  } catch (error) {
    throw writeError(error, path, elsewhere)
  } finally {
    rmSync(file, { force: true })
    for (const folder of made.toReversed()) {
      try {
        rmdirSync(folder)
      } catch {
        // Another command has put something there in the meantime.
      }
    }
  }
}

/** @throws Error of the file system where it is something else, or not to be seen */
function isFolder(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined || stats.isDirectory()) return stats !== undefined
  throw Object.assign(new Error(`${path} is no folder`), { code: 'ENOTDIR' })
}

/** False when somebody else was first. */
function madeNow(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST' && isFolder(path)) return false
    throw error
  }
}

import { closeSync, fsync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { environmentError, SHORTAGES } from '../core/errors.js'

const flushed = promisify(fsync)

/** Numbers the temporary files, so that two writes of one path do not share one. */
let written = 0

/**
 * Writes a file whole or not at all: into a neighbour that is flushed and then renamed, so that neither a crash nor a
 * full disk leaves half a file under the name.
 * @param elsewhere how the user writes to another place, for the hint
 * @param mode of a file that not everybody may read
 * @throws LabError (environment) when the disk is full or the folder cannot be written
 */
export async function writeFileAtomically(
  path: string,
  text: string,
  elsewhere = '--out DIR',
  mode = 0o666,
): Promise<void> {
  const temporary = `${path}.${process.pid}-${++written}.tmp`
  try {
    const file = openSync(temporary, 'w', mode)
    try {
      writeFileSync(file, text)
      // The only part that takes time; a round through the thread pool for each of the others would as well.
      await flushed(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    removed(temporary)
    throw writeError(error, path, elsewhere)
  }
}

/** As far as that goes: where it could not be written it may be no path at all. */
function removed(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // What has failed is told.
  }
}

/** A failed write as an error with a way out. */
export function writeError(error: unknown, path: string, elsewhere = '--out DIR'): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return environmentError(
      `no space left to write ${path}`,
      `Free some space, or write elsewhere: ${elsewhere}\nSee what is full: df -h ${dirname(path)}\nWhat was there before is intact: files are replaced whole or not at all.`,
    )
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return environmentError(`${dirname(path)} is not a folder that can be written to`, `Write elsewhere: ${elsewhere}`)
  }
  // Whatever else the operating system refuses (EACCES, EROFS, EMFILE, ...) is the machine's, and no bug of ours.
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) {
    return environmentError(`${path} cannot be written (${code})`, SHORTAGES[code] ?? `Write elsewhere: ${elsewhere}`)
  }
  return error
}

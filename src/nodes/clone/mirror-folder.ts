import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

const CHUNK = 256 * 1_024
/** Of the source, and of what the target had there. */
const buffers = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)] as const

export interface Mirrored {
  /** Files there are now, and their bytes. */
  files: number
  bytes: number
  /** Bytes that had to be written: the others were there already. */
  written: number
}

/**
 * Makes a folder the same as another one, which may change meanwhile: what vanishes is left out, what grows is taken as
 * far as it was. What is in the target already is compared and left where it is the same, since making and removing a
 * thousand files takes a disk that others use longer than reading them twice; what is there in addition is removed.
 *
 * Synchronous on purpose: for small files in memory the thread pool takes several times the processor time.
 * @param leaveOut told of each path, relative to `from`; what is left out is removed from the target, too
 */
export function mirrorFolder(from: string, to: string, leaveOut: (path: string) => boolean): Mirrored {
  const done: Mirrored = { files: 0, bytes: 0, written: 0 }
  const mirror = (path: string): void => {
    const wanted = (ifThere(() => readdirSync(join(from, path), { withFileTypes: true })) ?? []).filter(
      (entry) => (entry.isDirectory() || entry.isFile()) && !leaveOut(join(path, entry.name)),
    )
    const there = new Map(readdirSync(join(to, path), { withFileTypes: true }).map((entry) => [entry.name, entry]))
    for (const entry of wanted) {
      const inner = join(path, entry.name)
      const old = there.get(entry.name)
      there.delete(entry.name)
      // Whatever it is, a link say, it is not what belongs there.
      const fits = old !== undefined && old.isDirectory() === entry.isDirectory() && old.isFile() === entry.isFile()
      if (old !== undefined && !fits) rmSync(join(to, inner), { recursive: true })
      if (entry.isDirectory()) {
        if (!fits) mkdirSync(join(to, inner), { mode: 0o700 })
        mirror(inner)
      } else {
        mirrorFile(join(from, inner), join(to, inner), done)
      }
    }
    for (const name of there.keys()) rmSync(join(to, path, name), { recursive: true })
  }
  mirror('')
  return done
}

/** One file; adds what was done to `done`. */
export function mirrorFile(from: string, to: string, done: Mirrored): void {
  const [read, old] = buffers
  const source = ifThere(() => openSync(from, 'r'))
  if (source === undefined) {
    rmSync(to, { force: true })
    return
  }
  const target = openSync(to, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  try {
    const before = fstatSync(target).size
    let size = 0
    for (;;) {
      const length = readSync(source, read, 0, CHUNK, size)
      if (length === 0) break
      const same =
        size + length <= before &&
        readSync(target, old, 0, length, size) === length &&
        read.compare(old, 0, length, 0, length) === 0
      if (!same) {
        writeSync(target, read, 0, length, size)
        done.written += length
      }
      size += length
    }
    if (before > size) ftruncateSync(target, size)
    done.files += 1
    done.bytes += size
  } finally {
    closeSync(target)
    closeSync(source)
  }
}

/** Undefined when what is asked for is not there any more. */
function ifThere<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

import { constants, copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface Copied {
  files: number
  bytes: number
}

/**
 * Copies a folder that changes meanwhile: what vanishes is left out, what grows is copied as far as it was.
 * Synchronous on purpose: for a thousand small files in memory the thread pool takes several times the processor time.
 * @param leaveOut told of each path, relative to `from`
 */
export function copyFolder(from: string, to: string, leaveOut: (path: string) => boolean): Copied {
  const copied: Copied = { files: 0, bytes: 0 }
  const copy = (path: string): void => {
    for (const entry of gone(() => readdirSync(join(from, path), { withFileTypes: true })) ?? []) {
      const inner = path === '' ? entry.name : `${path}/${entry.name}`
      if (leaveOut(inner)) continue
      if (entry.isDirectory()) {
        mkdirSync(join(to, inner), { mode: 0o700 })
        copy(inner)
      } else if (entry.isFile()) {
        // Shares the blocks where the file system can.
        gone(() => copyFileSync(join(from, inner), join(to, inner), constants.COPYFILE_FICLONE))
        copied.files += 1
        copied.bytes += gone(() => statSync(join(to, inner)).size) ?? 0
      }
    }
  }
  copy('')
  return copied
}

/** Undefined when what is asked for is not there any more. */
function gone<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

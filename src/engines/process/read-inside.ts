import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A file below a folder; null when there is none.
 * @throws Error when a link on the way leads out of the folder: whoever may write there does not say what we read
 */
export async function readBelow(folder: string, path: string): Promise<string | null> {
  try {
    const [outer, file] = await Promise.all([realpath(folder), realpath(join(folder, path))])
    if (!file.startsWith(`${outer}/`)) throw new Error(`${path} leads outside the node's folder`)
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}

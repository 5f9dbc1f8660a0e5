import { createHash } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { environmentError } from '../../core/errors.js'

/** Of root's: PostgreSQL refuses to run as root, and the user it runs as instead must be able to enter. */
const SHARED_FOLDER = '/var/lib/scalelab'
/** In a node's data folder, once it has a cluster; every server process works in there. See boot.sh. */
const CLUSTER = 'pgdata'

/** Where what belongs to PostgreSQL servers is kept. */
export interface ServerFolders {
  /** What can be made again at any time: private copies of programs, templates. */
  cache: string
  /** Where the data folders of all stacks are, when they are not in the nodes' own folders: nobody else may enter those. */
  data: string | undefined
}

/**
 * @param stateDir where scalelab keeps state: two of them never share data
 * @param env for XDG_CACHE_HOME and HOME (XDG Base Directory Specification 0.8)
 */
export function serverFolders(
  stateDir: string,
  env: Readonly<Record<string, string | undefined>>,
  root = process.getuid?.() === 0,
): ServerFolders {
  const state = createHash('sha256').update(resolve(stateDir)).digest('hex').slice(0, 12)
  if (root) return { cache: SHARED_FOLDER, data: join(SHARED_FOLDER, 'stacks', state) }
  return { cache: join(env.XDG_CACHE_HOME ?? join(env.HOME ?? '/tmp', '.cache'), 'scalelab'), data: undefined }
}

/** Makes a folder and those above it that are missing, for everybody to pass through. */
export async function makePassable(path: string): Promise<void> {
  if (existsSync(path)) return
  await makePassable(dirname(path))
  try {
    await mkdir(path)
    // Whatever the umask says.
    await chmod(path, 0o711)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return
    throw environmentError(`${path} cannot be made: ${error instanceof Error ? error.message : error}`)
  }
}

/** Folders in which the server processes of a node work, of those that there are. @param dataFolders that it may have */
export function clustersIn(dataFolders: readonly string[]): string[] {
  const clusters = dataFolders.map((folder) => join(folder, CLUSTER)).filter((folder) => existsSync(folder))
  return clusters.map((folder) => realpathSync(folder))
}

/** Whether a data folder holds a cluster that a server can start from. */
export function hasCluster(dataFolder: string): boolean {
  return existsSync(join(dataFolder, CLUSTER, 'PG_VERSION'))
}

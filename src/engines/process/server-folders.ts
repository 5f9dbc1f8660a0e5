import { createHash } from 'node:crypto'
import { existsSync, realpathSync, statSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { environmentError } from '../../core/errors.js'

/** Of root's: a data server refuses to run as root, and the user it runs as instead must be able to enter. */
const SHARED_FOLDER = '/var/lib/scalelab'
/** In a node's data folder, once it has a cluster; every server process works in there. */
const CLUSTER = 'pgdata'

/** Where what belongs to data servers is kept. */
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
  return { cache: join(absolute(env.XDG_CACHE_HOME) ?? join(homeOf(env), '.cache'), 'scalelab'), data: undefined }
}

/** The specification has relative paths ignored, and an empty one is as good as none. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined
}

/** Without HOME, as services and cron jobs are, that of the user's account: never a folder that others may fill. */
function homeOf(env: Readonly<Record<string, string | undefined>>): string {
  const home = absolute(env.HOME)
  if (home !== undefined) return home
  try {
    const { homedir } = userInfo()
    if (isAbsolute(homedir)) return homedir
  } catch {
    // An account that no list of users has.
  }
  throw environmentError(
    'there is no home folder to keep things in',
    'Set HOME, or XDG_CACHE_HOME, to a folder of yours',
  )
}

/**
 * What is in a folder is run as this user: nobody else may have put it there. Every folder on the way must belong to this
 * user or root, and be for others to read at most; in /tmp and its like, where everybody may write, what is there belongs
 * to whoever made it, and is looked at itself.
 * @throws LabError (environment) naming the folder that others could have written to
 */
export function checkOwned(path: string, uid = process.getuid?.()): void {
  if (uid === undefined) return
  const inner = realpathSync(path)
  for (let place = inner; ; place = dirname(place)) {
    const { uid: owner, gid: group, mode } = statSync(place)
    // A group of the owner's own has nobody else in it.
    const open = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && group !== owner)
    const sticky = (mode & 0o1000) !== 0 && place !== inner
    if ((owner !== uid && owner !== 0) || (open && !sticky)) {
      throw environmentError(
        `${place} can be written to by others, so that nothing in ${path} can be trusted`,
        `Remove it if it is none of yours, or mend it: chmod go-w ${place}\nOr keep things elsewhere: XDG_CACHE_HOME`,
      )
    }
    if (place === dirname(place)) return
  }
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

/** Whether a data folder holds a cluster that a server can start from. @param begun a file that is in it then */
export function hasCluster(dataFolder: string, begun: string): boolean {
  return existsSync(join(dataFolder, CLUSTER, begun))
}

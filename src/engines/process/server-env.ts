import { chmod } from 'node:fs/promises'
import { environmentError } from '../../core/errors.js'
import { findPostgres, isLack } from './postgres-binaries.js'
import { postgresTemplate } from './postgres-template.js'
import { cloneCommand, type ProgramPlaces } from './programs.js'
import { hasCluster, makePassable } from './server-folders.js'

export interface ServerRequest {
  places: ProgramPlaces
  /** What else the node's environment holds. */
  env: Record<string, string | undefined>
  /** The node's files, references filled in, and their folder. */
  files: Record<string, string>
  dir: string
  /** Where the server keeps its data; made when it is not there. */
  data: string
  timeoutMs: number
  signal: AbortSignal
}

/**
 * What boot.sh is told by the engine (see topologies/postgres-boot.ts), so that it can bring a server up at once.
 * @throws LabError (environment) when there is no PostgreSQL, or no template could be made
 */
export async function serverEnv(request: ServerRequest): Promise<Record<string, string>> {
  const { places, data, files, dir, timeoutMs, signal } = request
  const found = await findPostgres(places)
  if (isLack(found)) throw environmentError(found.reason, found.fix)
  const own = {
    PG_BIN: found.bin,
    SERVER_USER: found.user.name ?? '',
    CLONE: found.canCopy ? '' : cloneCommand(places),
    // boot.sh reads messages, and macOS wants a valid locale.
    LC_ALL: 'C',
  }
  await makePassable(data)
  // boot.sh hands it to the server's user.
  await chmod(data, 0o700)
  if (hasCluster(data)) return { ...own, TEMPLATE: '' }
  const programs = `${found.bin} ${found.version}`
  const env = { ...request.env, ...own }
  const template = await postgresTemplate({ cache: places.cache, files, dir, programs, env, timeoutMs, signal })
  return { ...own, TEMPLATE: template }
}

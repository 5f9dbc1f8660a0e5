import { chmod } from 'node:fs/promises'
import { environmentError } from '../../core/errors.js'
import type { DataServer } from '../../core/topology.js'
import { cloneCommand, type ProgramPlaces } from './programs.js'
import { hasCluster, makePassable } from './server-folders.js'
import { findServer, isLack } from './server-programs.js'
import { serverTemplate } from './server-template.js'

export interface ServerRequest {
  program: DataServer
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
 * What a data server's script is told by the engine (see parts/postgres/boot.ts), so that it can bring one up at once.
 * @throws LabError (environment) when there is no such server, or no template could be made
 */
export async function serverEnv(request: ServerRequest): Promise<Record<string, string>> {
  const { program, places, data, files, dir, timeoutMs, signal } = request
  const found = await findServer(program, places)
  if (isLack(found)) throw environmentError(found.reason, found.fix)
  const own = {
    SERVER_BIN: found.bin,
    SERVER_USER: found.user.name ?? '',
    CLONE: found.canCopy ? '' : cloneCommand(program.server, places),
    // The script reads messages, and macOS wants a valid locale.
    LC_ALL: 'C',
  }
  await makePassable(data)
  // The script hands it to the server's user.
  await chmod(data, 0o700)
  if (hasCluster(data, program.server.begun)) return { ...own, TEMPLATE: '' }
  const programs = `${found.bin} ${found.version}`
  const env = { ...request.env, ...own }
  const template = await serverTemplate({
    server: program.server,
    cache: places.cache,
    files,
    dir,
    programs,
    env,
    timeoutMs,
    signal,
  })
  return { ...own, TEMPLATE: template }
}

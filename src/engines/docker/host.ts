import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the Docker daemon is looked for, in the order in which `docker` itself decides. */
export interface HostSearch {
  /** What DOCKER_HOST says; wins when given. */
  dockerHost?: string | undefined
  /** What DOCKER_CONTEXT says; the current context of ~/.docker/config.json unless given. */
  context?: string | undefined
  home: string
  /** For the socket of a rootless daemon; undefined where there are no user ids (Windows). */
  uid?: number | undefined
}

/**
 * The address of the Docker daemon: DOCKER_HOST, else the current context (how Colima, OrbStack and rootless Docker
 * announce theirs), else the first socket that exists, else the system's usual one.
 */
export function findDockerHost(search: HostSearch, platform: NodeJS.Platform = process.platform): string {
  if (search.dockerHost) return search.dockerHost
  const context = contextHost(search)
  if (context !== undefined) return context
  if (platform === 'win32') return 'npipe:////./pipe/docker_engine'
  const usual = '/var/run/docker.sock'
  const sockets = [usual, join(search.home, '.docker/run/docker.sock'), `/run/user/${search.uid}/docker.sock`]
  return `unix://${sockets.find((socket) => existsSync(socket)) ?? usual}`
}

function contextHost(search: HostSearch): string | undefined {
  const config = readJson(join(search.home, '.docker/config.json'))
  const name = search.context ?? config?.currentContext
  if (typeof name !== 'string' || name === '' || name === 'default') return undefined
  // The Docker CLI keeps each context in a folder named by the digest of its name.
  const folder = createHash('sha256').update(name).digest('hex')
  const meta = readJson(join(search.home, '.docker/contexts/meta', folder, 'meta.json')) as
    | { Endpoints?: { docker?: { Host?: string } } }
    | undefined
  return meta?.Endpoints?.docker?.Host
}

function readJson(path: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  } catch {
    return undefined // not there, or not ours to judge: the usual socket is tried instead
  }
}

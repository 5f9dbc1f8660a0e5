import type Docker from 'dockerode'
import type { NodeSpec } from '../../core/topology.js'
import { inside } from '../inside.js'
import type { Folder } from '../port.js'
import { filesArchive, firstFile } from './archive.js'
import { DATA_DIR, holdsSecret, NODE_DIR } from './container-options.js'
import { statusOf } from './errors.js'

/**
 * Writes files into a node's folder, whether it runs, is frozen or stopped; null deletes. Those of a node that is told
 * secrets are for root alone.
 * @throws Error for a path that leaves the folder
 */
export async function putFiles(
  docker: Docker,
  container: string,
  spec: NodeSpec,
  files: Record<string, string | Buffer | null>,
): Promise<void> {
  const inFolder = Object.fromEntries(Object.entries(files).map(([path, content]) => [inside(path), content]))
  const archive = await filesArchive(NODE_DIR.slice(1), inFolder, holdsSecret(spec) ? 0o600 : 0o644)
  await docker.getContainer(container).putArchive(archive, { path: '/' })
}

/**
 * A file below one of the node's folders, whether it runs, is frozen or stopped; null when there is none.
 * @throws Error for a path that leaves the folder
 */
export async function readInside(
  docker: Docker,
  container: string,
  below: Folder,
  path: string,
): Promise<string | null> {
  const full = `${below === 'dir' ? NODE_DIR : DATA_DIR}/${inside(path)}`
  try {
    return await firstFile(await docker.getContainer(container).getArchive({ path: full }))
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  }
}

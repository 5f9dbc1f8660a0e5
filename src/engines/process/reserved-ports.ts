import type { StackFolders } from '../../core/stack-folders.js'

/** The ports of all stacks, running or not: a stopped node wants its own back. */
export async function reservedPorts(folders: StackFolders): Promise<number[]> {
  const entries = await folders.list()
  return entries.flatMap((entry) =>
    'record' in entry ? Object.values(entry.record.ports).flatMap((ports) => Object.values(ports)) : [],
  )
}

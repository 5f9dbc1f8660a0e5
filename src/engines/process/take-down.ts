import { nodeProcess, type ProcessHost, sharedData, stackMark } from './host.js'
import type { NodeProcess } from './node-process.js'
import { removeData } from './server-processes.js'

/**
 * Ends every process of a stack and removes its folders, whatever state the two are in.
 * @param end how a node that is known is ended
 */
export async function takeDown(
  host: ProcessHost,
  stack: string,
  end: (id: string, node: NodeProcess) => Promise<void>,
): Promise<void> {
  const { folders } = host
  const endAll = async (how: typeof end): Promise<void> => {
    const found = await folders.nodeFolders(stack)
    await Promise.all(found.map(({ id, path }) => how(id, nodeProcess(host, stack, id, path))))
  }
  await endAll(end)
  // What another command was just starting either is in its folder by now, or never will be.
  await folders.close(stack)
  await endAll((_, node) => node.kill())
  await killStrays(host, stack)
  // Before the folder: as long as that is there the stack is found, and taken down again.
  const data = sharedData(host, stack)
  if (data !== undefined) await removeData(data, host)
  await folders.remove(stack)
}

/** Ends what has left its node's process group: a user's program may make sessions of its own. */
async function killStrays({ table, folders }: ProcessHost, stack: string): Promise<void> {
  const variable = stackMark(folders, stack)
  for (const { pid } of await table.rows()) {
    if (pid === process.pid || !(await table.carries(pid, { variable }))) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Ended in the meantime.
    }
  }
}

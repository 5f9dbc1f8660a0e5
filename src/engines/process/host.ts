import type { ProcessIdentity } from '../../core/process-identity.js'
import type { StackFolders, StackRecord } from '../../core/stack-folders.js'
import { NodeProcess } from './node-process.js'
import type { ProcessTable } from './process-table.js'
import type { ProgramPlaces } from './programs.js'

/** In the environment of every process of a stack: "<variable>=<folder of the stack>". */
const STACK_VARIABLE = 'SCALELAB_STACK'
const NODE_VARIABLE = 'SCALELAB_NODE'

/** What all stacks of a process engine share. */
export interface ProcessHost {
  folders: StackFolders
  identity: ProcessIdentity
  table: ProcessTable
  /** Folder of our own programs: api.mjs, balancer.mjs. */
  nodesDir: string
  nodeBinary: string
  /** Environment of every node. */
  env: Record<string, string | undefined>
}

/** The processes of a node. @param folder where its folder is when the stack is closed */
export function nodeProcess(
  { identity, table, folders }: ProcessHost,
  stack: string,
  node: string,
  folder = folders.nodeFolder(stack, node),
): NodeProcess {
  return new NodeProcess(node, folder, { variable: stackMark(folders, stack), folder }, identity, table)
}

/** "NAME=value" in the environment of every process of a stack. */
export function stackMark(folders: StackFolders, stack: string): string {
  return `${STACK_VARIABLE}=${folders.folder(stack)}`
}

/** Variables that mark a process as a node's. */
export function markVariables(folders: StackFolders, stack: string, node: string): Record<string, string> {
  return { [STACK_VARIABLE]: folders.folder(stack), [NODE_VARIABLE]: node }
}

/** Where programs are found for a stack: on the PATH that its `up` had. */
export function placesOf({ nodesDir, nodeBinary }: ProcessHost, { path }: StackRecord): ProgramPlaces {
  return { nodesDir, nodeBinary, path }
}

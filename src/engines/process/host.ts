import { join } from 'node:path'
import type { ProcessIdentity } from '../../core/process-identity.js'
import type { StackFolders, StackRecord } from '../../core/stack-folders.js'
import { type NodeSpec, serverOf } from '../../core/topology.js'
import { NodeProcess } from './node-process.js'
import type { ProcessTable } from './process-table.js'
import type { ProgramPlaces } from './programs.js'
import { clustersIn, type ServerFolders } from './server-folders.js'

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
  /** Where what belongs to database servers is kept. */
  servers: ServerFolders
  /** Names of the processes that are data servers. */
  serverPrograms: readonly string[]
  /** Folder of the data server's programs to use; undefined: those that come with the package, else the system's. */
  serverBin?: string | undefined
  /** The password of a database role; the same for every stack of a state folder, so that templates can be kept. */
  secret: (role: string) => string
  /** Fires when nodes are to be stopped without a grace. */
  hurry?: AbortSignal
  /** Environment of every node. */
  env: Record<string, string | undefined>
}

/** The processes of a node. @param folder where its folder is when the stack is closed */
export function nodeProcess(
  { identity, table, folders, servers, serverPrograms, hurry }: ProcessHost,
  stack: string,
  node: string,
  folder = folders.nodeFolder(stack, node),
): NodeProcess {
  const clusters = clustersIn(dataFolders(servers, stack, node, folder))
  return new NodeProcess(
    node,
    folder,
    { variable: stackMark(folders, stack), folder },
    identity,
    table,
    { folders: clusters, programs: serverPrograms },
    hurry,
  )
}

/** The folder of the files that are written for a node, whether it exists or not. */
export function filesFolder({ folders }: ProcessHost, stack: string, node: string): string {
  return join(folders.nodeFolder(stack, node), 'files')
}

/** The folder of what a node keeps, whether it exists or not. */
export function dataFolder({ folders, servers }: ProcessHost, stack: string, spec: NodeSpec): string {
  const [own = '', shared] = dataFolders(servers, stack, spec.id, folders.nodeFolder(stack, spec.id))
  return serverOf(spec) !== undefined && shared !== undefined ? shared : own
}

/** Where the data of all nodes of a stack is that is not in their own folders. */
export function sharedData({ servers }: ProcessHost, stack: string): string | undefined {
  return servers.data === undefined ? undefined : join(servers.data, stack)
}

/** In its own folder, and where database servers of root's keep theirs. */
function dataFolders({ data }: ServerFolders, stack: string, node: string, folder: string): string[] {
  return [join(folder, 'data'), ...(data === undefined ? [] : [join(data, stack, node)])]
}

/** "NAME=value" in the environment of every process of a stack. */
export function stackMark(folders: StackFolders, stack: string): string {
  return `${STACK_VARIABLE}=${folders.folder(stack)}`
}

/** Variables that mark a process as a node's. */
export function markVariables(folders: StackFolders, stack: string, node: string): Record<string, string> {
  return { [STACK_VARIABLE]: folders.folder(stack), [NODE_VARIABLE]: node }
}

/** Where programs are found for a stack: on the PATH that its `up` had, and the server that its data is of. */
export function placesOf(host: ProcessHost, { path, serverBin = host.serverBin }: StackRecord): ProgramPlaces {
  const { nodesDir, nodeBinary, servers } = host
  return { nodesDir, nodeBinary, path, serverBin, cache: servers.cache }
}

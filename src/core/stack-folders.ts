import type { LabError } from './errors.js'
import type { StackMeta } from './stack.js'
import type { Topology } from './topology.js'

/** What is kept on disk about a stack of processes: all that a later command needs to work on it. Plain JSON. */
export interface StackRecord {
  meta: StackMeta
  /** As it runs now, replicas that were added included. */
  topology: Topology
  /** False while `up` is at work, or when it was killed half-way. */
  complete: boolean
  /** Address that the entry and published nodes listen on. */
  publishHost: string
  /** How long a node may take to become ready, in milliseconds. */
  readyTimeoutMs: number
  /** Where the user's own commands run, and the PATH they are found on: those of `up`, wherever `restart` is called. */
  cwd: string
  path: string
  /** Folder of the server's programs that the stack's data was made with; other versions could not read it. */
  serverBin?: string
  /** Node id to port name to the port it listens on. */
  ports: Record<string, Record<string, number>>
}

/** A folder of a stack: its record, or why that cannot be read. */
export type StackEntry = { name: string; record: StackRecord } | { name: string; damage: LabError }

/**
 * The state of running stacks: `<state>/stacks/<name>/` with stack.json and a folder per node. Errors that the disk
 * makes (full, not writable) come as LabErrors.
 */
export interface StackFolders {
  /** Makes the folder of a new stack. @throws LabError (usage) when there is one already */
  create(record: StackRecord): Promise<void>
  /** Undefined when there is no such stack. @throws LabError (environment) naming the file when it is damaged */
  read(name: string): Promise<StackRecord | undefined>
  /** Replaces the record, whole or not at all. @throws LabError (environment) when the stack is gone */
  save(record: StackRecord): Promise<void>
  /** Every stack, by name, damaged ones included. */
  list(): Promise<StackEntry[]>
  remove(name: string): Promise<void>
  /** Absolute path of a stack's folder, whether it exists or not. */
  folder(name: string): string
  /** Absolute path of a node's folder, whether it exists or not. */
  nodeFolder(name: string, node: string): string
  /** The node folders there are, those of a closed stack and of nodes that no record names included. */
  nodeFolders(name: string): Promise<{ id: string; path: string }[]>
  /**
   * Makes the folder of a node with its files (relative path to content, null deletes) under `files/`, for this user
   * only; files that are there already are replaced, each whole. @throws LabError (environment) when the stack is gone
   */
  writeNode(name: string, node: string, files: Record<string, string | null>): Promise<void>
  removeNode(name: string, node: string): Promise<void>
  /**
   * Moves the node folders aside, so that no process can enter its id there any more: a start that another command
   * has under way fails. `nodeFolders` knows where they are.
   */
  close(name: string): Promise<void>
}

import type { Role } from './topology.js'

export const ENGINE_NAMES = ['docker', 'process', 'fake'] as const
export type EngineName = (typeof ENGINE_NAMES)[number]

export type NodeState = 'starting' | 'running' | 'paused' | 'stopped'

/** What an engine knows about a node right now. */
export interface NodeStatus {
  id: string
  role: Role
  state: NodeState
  /**
   * The program's own first process has ended, and what it had started lives on: nginx's worker without its master, say. It
   * serves as before and heeds no change any more.
   */
  headless?: true
  /** "http://127.0.0.1:20341", or null while the node does not run. */
  url: string | null
  /** What the operating system or Docker calls it: "pid 4711", a short container id. */
  handle: string
  /** Every "host:port" by which the other nodes may know it; a balancer reports one of these as upstream. */
  internalAddresses: string[]
}

/** Cumulative use of a node. */
export interface NodeUsage {
  id: string
  /** Processor time used since the node started, in seconds. */
  cpuSeconds: number
  /** Resident memory in bytes. */
  memoryBytes: number
}

/** What is kept about a stack wherever it runs; plain JSON, because it lives in labels and state files. */
export interface StackMeta {
  /** The name that later commands use: the scenario's unless --name was given. */
  name: string
  scenario: string
  /** Absolute path of the scenario's file, where it is not a built-in one. */
  scenarioFile?: string
  engine: EngineName
  /** ISO 8601. */
  createdAt: string
  /** scalelab's version. */
  version: string
  /**
   * 'kept': made by `up`, stays until `down`. Otherwise the command that made it for itself and must take it down;
   * a stack whose owner is no longer alive is a leftover.
   */
  owner: 'kept' | { pid: number; identity: string }
  /** The parameters the topology was made from, so that later commands (scale, bench, report) can make it again. */
  parameters: Record<string, unknown>
  /** From the engine's first step until every node was ready, in milliseconds; set by the engine once the stack is whole. */
  readyMs?: number
  /** Why this engine and this balancer, and what the engine cannot do; the report repeats them. */
  notes: string[]
}

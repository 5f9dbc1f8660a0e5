import type { LabError } from '../core/errors.js'
import type { EngineName, NodeStatus, NodeUsage, StackMeta } from '../core/stack.js'
import type { NodeSpec, Topology } from '../core/topology.js'

export type Availability =
  /** `notes`: what a reader should know of the programs that would run, one sentence each. */
  | { ok: true; version: string; notes?: string[] }
  /** `reason` is one clause ("no Docker daemon answers at ..."), `fix` the command or step that mends it. */
  | { ok: false; reason: string; fix: string }

/** What happens while a stack comes up, for progress lines. */
export type UpEvent =
  /** `done` is 0 to 1, null when unknown. */
  | { kind: 'pull'; image: string; done: number | null }
  | { kind: 'starting'; node: string }
  | { kind: 'ready'; node: string; ms: number }
  | { kind: 'note'; text: string }

export interface UpRequest {
  topology: Topology
  meta: StackMeta
  /** Address that ports are published on; 127.0.0.1 unless the user asked for another. */
  publishHost: string
  /** How long every node may take to become ready, in milliseconds. */
  readyTimeoutMs: number
  signal: AbortSignal
  onEvent: (event: UpEvent) => void
}

/** A way to run nodes. All engines pass the contract suite in testing/engine-contract.ts. */
export interface Engine {
  readonly name: EngineName

  /** Whether stacks of this topology can run here: the daemon answers, images are there or can be had, programs exist. */
  available(topology: Topology, signal: AbortSignal): Promise<Availability>

  /** What of this topology the engine cannot do, one sentence each; the report repeats them. */
  limitations(topology: Topology): string[]

  /**
   * Brings the whole stack up and returns when every node is ready, or leaves nothing behind and throws. How long that
   * took is in the meta of the stack from then on (readyMs).
   * Nodes start in parallel as their dependencies allow.
   * @throws LabError exit code 3 when a node fails to become ready (with its last log lines), a port is taken, ...;
   * the abort reason when the signal fires.
   */
  up(request: UpRequest): Promise<Stack>

  /** Every stack of this engine found on this machine, half-made ones included. */
  stacks(): Promise<Stack[]>

  /**
   * What belongs to no stack and was left half-made by commands that were killed; removed unless it is only asked for.
   * @returns what it is, as in "/var/lib/scalelab/templates/4f.draft"
   */
  sweep?(remove: boolean): Promise<string[]>
}

/** A node's own folders: what its program keeps (`{{data}}`), and what is written for it (`{{dir}}`). */
export type Folder = 'data' | 'dir'

/** A running topology. Operations on an unknown node throw LabError (usage). All are idempotent. */
export interface Stack {
  readonly meta: StackMeta
  /** False while `up` is at work, or when it was killed half-way. */
  readonly complete: boolean
  /** Why what is kept of the stack cannot be read (damaged, or of another version): then it can be taken down, and no more. */
  readonly damage?: LabError | undefined

  /** In topology order, the entry first. */
  nodes(): Promise<NodeStatus[]>
  /** The specs as they run now, the entry's first. */
  specs(): Promise<NodeSpec[]>

  /** The last lines (stdout and stderr as they came), oldest first. */
  logs(node: string, tail: number): Promise<string[]>
  /** Lines from now on, until the signal fires. */
  followLogs(node: string, signal: AbortSignal): AsyncIterable<string>

  /** SIGTERM, then SIGKILL after the spec's grace. */
  stop(node: string): Promise<void>
  /** SIGKILL. */
  kill(node: string): Promise<void>
  /** Freezes every process of the node; connections stay open. */
  pause(node: string): Promise<void>
  resume(node: string): Promise<void>
  /** Starts a node that was stopped or killed, or stops and starts one that runs; returns when it is ready. */
  restart(node: string): Promise<void>

  /** Adds a node and returns when it is ready. Fails (usage) when the id exists. */
  add(spec: NodeSpec): Promise<void>
  /** Stops a node and forgets it. */
  remove(node: string): Promise<void>
  /** Writes the new spec's files and sends SIGHUP, so that the program reads them again. Nothing else may differ. */
  reload(spec: NodeSpec): Promise<void>
  /**
   * Writes files into the node's folder (the one of `{{dir}}`), whether it runs, is frozen or stopped; null deletes.
   * They are no part of its spec.
   */
  write(node: string, files: Record<string, string | null>): Promise<void>
  /** A file below the node's `{{data}}`, or its `{{dir}}`; null when there is none. Works on a stopped node. */
  read(node: string, path: string, below?: Folder): Promise<string | null>

  /** Of the nodes that run. */
  usage(): Promise<NodeUsage[]>
  /** Versions of what runs in it: {"nginx": "1.22.1"}. */
  software(): Promise<Record<string, string>>

  /** Stops and removes everything of this stack. */
  down(): Promise<void>
}

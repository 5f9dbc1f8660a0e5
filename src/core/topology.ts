/** What a node does in the stack. A role decides how the node is shown and what is measured on it. */
export type Role = 'api' | 'balancer' | 'database'

/** What runs in a node. */
export type Program =
  /** One of our own programs (src/nodes), run with node from its single bundled file. */
  | { kind: 'bundle'; bundle: 'api' | 'balancer' }
  /** nginx with the node's file `nginx.conf`. */
  | { kind: 'nginx' }
  /**
   * A PostgreSQL server, brought up by the node's file `boot.sh` (see topologies/postgres-boot.ts for what it expects
   * of the engine). Keeps its data folder when it is stopped and started again.
   */
  | { kind: 'postgres' }
  /** The user's own program: a shell command that listens on `{port}`. Process engine only. */
  | { kind: 'command'; command: string }
  /** The user's own image, listening on the node's port. Docker engine only. */
  | { kind: 'image'; image: string }

/** When a node counts as ready. */
export type Readiness =
  /** An HTTP answer. 'ok': status 200-299. 'answers': anything below 500, for programs that have no health page. */
  | { protocol: 'http'; port: string; path: string; accept: 'ok' | 'answers' }
  /** A PostgreSQL server that lets clients in: it asks for their password. */
  | { protocol: 'postgres'; port: string }

/**
 * The signal that asks a program to end in order. PostgreSQL would wait for its clients to leave at SIGTERM, which an
 * API's pool never does; at SIGINT it ends their sessions (https://www.postgresql.org/docs/current/server-shutdown.html).
 */
export function stopSignalOf(program: Program): 'SIGTERM' | 'SIGINT' {
  return program.kind === 'postgres' ? 'SIGINT' : 'SIGTERM'
}

/** What a node may use. Engines that cannot hold a limit say so (Engine.limitations). */
export interface Limits {
  /** Processor cores, fractions allowed. */
  cpus?: number
  /** Mebibytes. */
  memoryMiB?: number
}

/**
 * One node, as a pure value. Texts in `env`, `files` and a command may hold references that the engine fills in when
 * it knows the addresses: see references.ts.
 */
export interface NodeSpec {
  id: string
  role: Role
  program: Program
  env: Record<string, string>
  /** Files in the node's own folder: relative path to content. */
  files: Record<string, string>
  /** Port name to the port inside a container. On the process engine a free port takes its place. */
  ports: Record<string, number>
  /** Ports to have at a number of the user's choice on the host; the others get a free one. */
  publish: Record<string, number>
  /** Ids of nodes that must be ready before this one starts. */
  dependsOn: string[]
  readiness: Readiness
  limits: Limits
  /** How long the node may drain after its stop signal before it is killed, in milliseconds. */
  stopGraceMs: number
}

/** What to run: produced by a pure function of parameters (src/topologies). */
export interface Topology {
  nodes: NodeSpec[]
  /** Where clients go in: a node and one of its ports. */
  entry: { node: string; port: string }
}

/** The node with this id. Throws when there is none: that is a bug of the caller. */
export function nodeOf(topology: Topology, id: string): NodeSpec {
  const node = topology.nodes.find((candidate) => candidate.id === id)
  if (node === undefined) throw new Error(`no node ${id} in the topology`)
  return node
}

/**
 * Groups of nodes that can start together, in the order of their dependencies.
 * @throws Error on an unknown dependency or a cycle: a topology function made a mistake.
 */
export function startOrder(nodes: readonly NodeSpec[]): NodeSpec[][] {
  const waves: NodeSpec[][] = []
  const placed = new Set<string>()
  let rest = [...nodes]
  while (rest.length > 0) {
    const wave = rest.filter((node) => node.dependsOn.every((id) => placed.has(id)))
    if (wave.length === 0) throw new Error(`dependencies cannot be met: ${rest.map((node) => node.id).join(', ')}`)
    for (const node of wave) placed.add(node.id)
    rest = rest.filter((node) => !placed.has(node.id))
    waves.push(wave)
  }
  return waves
}

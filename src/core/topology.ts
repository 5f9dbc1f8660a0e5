/** What a node does in the stack. A role decides how the node is shown and what is measured on it. */
export type Role = 'api' | 'balancer' | 'database'

/** What runs in a node, by how an engine runs it. Which program it is, its part (src/parts) alone knows. */
export type Program =
  /** One of our own programs (src/nodes), run with node from its single bundled file. */
  | { kind: 'bundle'; bundle: string }
  | Installed
  /** The user's own program: a shell command that listens on `{port}`. Process engine only. */
  | { kind: 'command'; command: string }
  /** The user's own image, listening on the node's port. Docker engine only. */
  | { kind: 'image'; image: string }

/** A program of others, installed on a machine or in an image. */
export interface Installed {
  kind: 'installed'
  /** As its version is known by: "nginx". */
  name: string
  /** Name of the image that has it; which image that is, is the user's choice. */
  image: string
  /** Program and arguments, with references. */
  argv: string[]
  /** A command that prints the program's version, on either stream. */
  version: string[]
  /** What to do where it is not installed. */
  fix: string
  /** Asks it to end in order. */
  stopSignal: 'SIGTERM' | 'SIGINT'
  /** Makes it read its files again. */
  reloadSignal: 'SIGHUP' | 'SIGUSR2'
  /** A command, with references, that fails inside a container until the program is ready; without: nothing there can tell. */
  health?: string[]
  /** Of a server that keeps data, and is brought up by a script among the node's files. */
  server?: ServerPrograms
}

/** A server that keeps data. */
export type DataServer = Installed & { server: ServerPrograms }

/** The programs of a data server, which come as one folder, and refuse to run as root. */
export interface ServerPrograms {
  /** As people call it: "PostgreSQL". */
  title: string
  /** The server, which is also the name of its processes, and what else must be in the folder. */
  programs: [string, ...string[]]
  /** What may be missing: a program of our own copies a server's data then. */
  copying: { programs: string[]; bundle: string }
  /** How its folder is chosen: "--pg-bin, or SCALELAB_PG_BIN". */
  choose: string
  /** The first major version that will do. */
  oldest: number
  /** Where a distribution has a folder of each version: "/usr/lib/postgresql". */
  versions: string
  /** Scope of the npm packages that bring it along, one for each platform. */
  packages: string
  /** Whom it runs as where we are root, if the machine has that user. */
  user: string
  /** A file that is among what it keeps, once there is something. */
  begun: string
  /** The script that brings it up (`sh <script>`) or makes a template (`sh <script> template <folder>`), and what decides that. */
  template: { script: string; deciding: string[] }
}

/** When a node counts as ready. */
export type Readiness =
  /** An HTTP answer. 'ok': status 200-299. 'answers': anything below 500, for programs that have no health page. */
  | { protocol: 'http'; port: string; path: string; accept: 'ok' | 'answers' }
  /** What is said on a new connection is answered by something that begins like this, both in hexadecimal digits. */
  | { protocol: 'tcp'; scheme: string; port: string; say: string; hear: string }

/** The signal that asks a program to end in order; an image of the user's has its author's. */
export function stopSignalOf(program: Program): Installed['stopSignal'] {
  return program.kind === 'installed' ? program.stopSignal : 'SIGTERM'
}

/** The signal that makes a program read its files again. */
export function reloadSignalOf(program: Program): Installed['reloadSignal'] {
  return program.kind === 'installed' ? program.reloadSignal : 'SIGHUP'
}

/** What a node's program is as a data server, or undefined. */
export function serverOf({ program }: Pick<NodeSpec, 'program'>): DataServer | undefined {
  return program.kind === 'installed' && program.server !== undefined
    ? { ...program, server: program.server }
    : undefined
}

/** Scheme of a node's URL, as in "http". */
export function schemeOf(readiness: Readiness): string {
  return readiness.protocol === 'tcp' ? readiness.scheme : readiness.protocol
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
  /** Name of the part (src/parts) that describes its program. */
  part: string
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

import type { ContainerCreateOptions } from 'dockerode'
import { usageError } from '../../core/errors.js'
import { type AddressBook, fillReferences } from '../../core/references.js'
import { type NodeSpec, serverOf, stopSignalOf } from '../../core/topology.js'
import { type Images, imageOf, withTag } from './images.js'
import { containerName, type NodePlace, nodeLabels, type StackLabels } from './labels.js'
import { endpointOf } from './network.js'

/** The node's folder inside its container. */
export const NODE_DIR = '/scalelab'
/**
 * What the node keeps: in the container's own layer, which stays over stop, kill and start and goes with the container.
 * Files that are new in that layer cost no copy and are flushed like any others, so a volume would gain nothing.
 */
export const DATA_DIR = `${NODE_DIR}/data`
/** Where the newest spec is kept in it: labels cannot change when a reload does. Secrets stay references there. */
export const SPEC_FILE = '.spec.json'
/** Docker's own 64 MiB of /dev/shm are soon used up by queries that run in parallel. */
export const SERVER_SHM_BYTES = 256 * 1024 * 1024

/** What the options of a container are made from. */
export interface ContainerRequest {
  stack: StackLabels
  spec: NodeSpec
  place: NodePlace
  book: AddressBook
  images: Images
  /** Network id. */
  network: string
  /** Port name to the host's port. */
  hostPorts: Record<string, number>
}

/**
 * How a node becomes a container. Nothing leans on an image's entrypoint, and nothing is mounted, so that any image
 * and a daemon on another machine will do. Fields of Engine API 1.41 (Docker 20.10) at most.
 * @throws LabError (usage) for a shell command
 */
export function containerOptions(request: ContainerRequest): ContainerCreateOptions {
  const { stack, spec, place, book, images, network, hostPorts } = request
  const { cpus, memoryMiB } = spec.limits
  const image = imageOf(spec.program, images)
  if (image === undefined) throw commandError(spec)
  const ports = Object.entries(spec.ports).map(([name, port]) => ({ key: `${port}/tcp`, host: hostPorts[name] }))
  const memory = memoryMiB === undefined ? undefined : Math.round(memoryMiB * 1024 * 1024)
  return {
    name: containerName(stack.meta.name, spec.id),
    Hostname: spec.id,
    Image: withTag(image),
    ...programOptions(spec, book),
    // A file with a password is for root alone, so its reader must be root.
    ...(holdsSecret(spec) ? { User: 'root' } : {}),
    Env: Object.entries(envOf(spec, book)).map(([name, value]) => `${name}=${value}`),
    Labels: nodeLabels(stack, spec, place),
    Tty: false,
    ExposedPorts: Object.fromEntries(ports.map(({ key }) => [key, {}])),
    HostConfig: {
      NetworkMode: network,
      PortBindings: Object.fromEntries(
        ports.map(({ key, host }) => [key, [{ HostIp: stack.publishHost, HostPort: String(host ?? '') }]]),
      ),
      ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
      // Without a limit on swap too, a node over its memory would slow down instead of showing the limit.
      ...(memory === undefined ? {} : { Memory: memory, MemorySwap: memory }),
      ...(serverOf(spec) === undefined ? {} : { ShmSize: SERVER_SHM_BYTES }),
      // Whatever the daemon's default is, these can be read back, and do not grow for ever.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '20m', 'max-file': '2' } },
    },
    NetworkingConfig: {
      EndpointsConfig: { [network]: endpointOf(spec.id, place.address) },
    },
  }
}

/** What the container runs. */
export function programOptions({ program }: Pick<NodeSpec, 'program'>, book: AddressBook): ContainerCreateOptions {
  switch (program.kind) {
    case 'bundle':
      return {
        Entrypoint: ['node'],
        Cmd: [`${NODE_DIR}/${bundleFile(program.bundle)}`],
        WorkingDir: NODE_DIR,
        StopSignal: stopSignalOf(program),
      }
    case 'installed': {
      const [command = '', ...args] = program.argv.map((text) => fillReferences(text, book))
      return {
        Entrypoint: [command],
        Cmd: args,
        WorkingDir: NODE_DIR,
        // Its script hands the data to the server's user, and becomes that user itself.
        ...(serverOf({ program }) === undefined ? {} : { User: 'root' }),
        StopSignal: stopSignalOf(program),
      }
    }
    case 'image': // as its author meant it to run, stop signal included
    case 'command':
      return {}
  }
}

/** Name of a bundle's file, in the folder of bundles and in the container. */
export function bundleFile(bundle: string): string {
  return `${bundle}.mjs`
}

/**
 * The node's environment, references filled in. A user's image is told where to listen and who it is.
 * @throws Error on a secret: `docker inspect` shows the environment to everybody
 */
export function envOf(spec: NodeSpec, book: AddressBook): Record<string, string> {
  const noSecret = (role: string): never => {
    throw new Error(`the environment of ${spec.id} refers to the secret ${role}, which only a file may hold`)
  }
  const told =
    spec.program.kind === 'image'
      ? { HOST: book.host, PORT: String(book.port(spec.readiness.port)), INSTANCE_ID: spec.id }
      : {}
  const own = Object.entries(spec.env).map(([name, value]) => [
    name,
    fillReferences(value, { ...book, secret: noSecret }),
  ])
  return { ...told, ...Object.fromEntries(own) }
}

/** The node's files, references filled in, and its spec. */
export function filesOf(spec: NodeSpec, book: AddressBook): Record<string, string> {
  const own = Object.entries(spec.files).map(([path, content]) => [path, fillReferences(content, book)])
  return { ...Object.fromEntries(own), [SPEC_FILE]: JSON.stringify(spec) }
}

/** Whether one of the node's files holds a password once it is written. */
export function holdsSecret({ files }: NodeSpec): boolean {
  return Object.values(files).some((content) => /\{\{\s*secret\s/.test(content))
}

/** What references mean to a node: other nodes are at their fixed addresses in the stack's network. */
export function containerAddresses(
  spec: NodeSpec,
  nodes: readonly { spec: NodeSpec; address: string }[],
  secret: AddressBook['secret'],
): AddressBook {
  const portOf = (of: NodeSpec, name: string): number => {
    const port = of.ports[name]
    if (port === undefined) throw new Error(`node ${of.id} has no port ${name}`)
    return port
  }
  return {
    host: '0.0.0.0',
    dir: NODE_DIR,
    data: DATA_DIR,
    secret,
    port: (name) => portOf(spec, name),
    address: (id, name) => {
      const node = nodes.find((candidate) => candidate.spec.id === id)
      if (node === undefined) throw new Error(`node ${spec.id} refers to ${id}, which is not in the stack`)
      return `${node.address}:${portOf(node.spec, name)}`
    },
  }
}

export function commandError(spec: NodeSpec): Error {
  return usageError(
    `${spec.id} is a shell command, which only the process engine runs`,
    'Use --engine process, or build an image of the application and name it: --app-image <image>',
  )
}

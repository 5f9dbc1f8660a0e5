import { stringify } from 'yaml'
import { hostInUrl } from '../../core/host.js'
import { type AddressBook, fillReferences } from '../../core/references.js'
import { type NodeSpec, serverOf, type Topology } from '../../core/topology.js'
import {
  bundleFile,
  commandError,
  containerAddresses,
  holdsSecret,
  NODE_DIR,
  programOptions,
  SERVER_SHM_BYTES,
} from './container-options.js'
import { type Images, imageOf } from './images.js'

/** What passwords are made from: never in the file itself. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is Compose that fills it in.
const PASSWORD = '${SCALELAB_PASSWORD:?set a password}'

/** What Compose stops with unless told. */
const COMPOSE_SIGNAL = 'SIGTERM'

export interface ComposeRequest {
  /** The scenario's name. */
  name: string
  question: string
  topology: Topology
  images: Images
  publishHost: string
  /** Folder of the bundled programs, relative to the Compose file. */
  programs: string
}

/**
 * A topology as a Compose file: the same images, commands, files and addresses as on the Docker engine. Configuration
 * files are inlined (`configs.content`, Compose 2.23.1), programs are taken from the folder of bundles.
 * @throws Error for a node that runs a plain command, which no container can
 */
export function composeFile(request: ComposeRequest): string {
  const { topology } = request
  const programs = [
    ...new Set(topology.nodes.flatMap(({ program }) => (program.kind === 'bundle' ? [program.bundle] : []))),
  ]
  const inlined = topology.nodes.flatMap((node) =>
    Object.keys(node.files).map((path): [string, object] => [
      configName(node, path, topology),
      { content: fileText(node, path, topology) },
    ]),
  )
  const document = {
    // A project's name is of lower case letters, digits, hyphens and underscores.
    name: `scalelab-${request.name.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-')}`,
    services: Object.fromEntries(topology.nodes.map((node) => [node.id, service(node, request)])),
    ...(programs.length + inlined.length === 0
      ? {}
      : {
          configs: {
            ...Object.fromEntries(
              programs.map((bundle) => [bundle, { file: escaped(`${request.programs}/${bundleFile(bundle)}`) }]),
            ),
            ...Object.fromEntries(inlined),
          },
        }),
  }
  return `# ${request.question.replaceAll(/\s+/g, ' ')}
# Written by: scalelab compose ${request.name}
${howToStart(topology)}
${stringify(document, { lineWidth: 0 })}`
}

function howToStart({ nodes }: Topology): string {
  if (!nodes.some(holdsSecret)) return '# Start: docker compose -f <this file> up    (Compose 2.23.1 or newer)'
  return `# Start: SCALELAB_PASSWORD=<letters and digits> docker compose -f <this file> up    (Compose 2.23.1 or newer)
# The databases' roles get this password when their servers are first started; \`docker compose down\` forgets their data.`
}

function service(node: NodeSpec, request: ComposeRequest): object {
  const { topology } = request
  const book = bookOf(node, topology)
  const environment = Object.entries(node.env).map(([key, value]): [string, string] => [key, filled(value, book)])
  const files = Object.keys(node.files).map((path) => ({
    source: configName(node, path, topology),
    target: `${NODE_DIR}/${path}`,
  }))
  const bundle =
    node.program.kind === 'bundle'
      ? [{ source: node.program.bundle, target: `${NODE_DIR}/${bundleFile(node.program.bundle)}` }]
      : []
  const configs = [...bundle, ...files]
  const entry = topology.entry.node === node.id
  return {
    image: imageFor(node, request.images),
    ...commandOf(node, book),
    ...(environment.length === 0 ? {} : { environment: Object.fromEntries(environment) }),
    ...(configs.length === 0 ? {} : { configs }),
    ...(entry
      ? {
          ports: Object.entries(node.publish).map(
            ([port, host]) => `${hostInUrl(request.publishHost)}:${host}:${node.ports[port]}`,
          ),
        }
      : {}),
    ...(node.dependsOn.length === 0
      ? {}
      : { depends_on: Object.fromEntries(node.dependsOn.map((id) => [id, { condition: conditionOf(id, topology) }])) }),
    ...healthcheck(node, topology),
    ...(node.limits.cpus === undefined ? {} : { cpus: node.limits.cpus }),
    ...(node.limits.memoryMiB === undefined ? {} : { mem_limit: `${node.limits.memoryMiB}m` }),
    stop_grace_period: `${node.stopGraceMs / 1_000}s`,
  }
}

function imageFor(node: NodeSpec, images: Images): string {
  const image = imageOf(node.program, images)
  if (image === undefined) throw commandError(node)
  return image
}

/** The engine's own command; an image that is not ours runs as its author meant it. */
function commandOf(node: NodeSpec, book: AddressBook): object {
  const { Entrypoint = [], Cmd = [], User, StopSignal = COMPOSE_SIGNAL } = programOptions(node, book)
  const command = [Entrypoint, Cmd].flat()
  return {
    ...(command.length === 0 ? {} : { entrypoint: command }),
    ...(User === undefined ? {} : { user: User }),
    ...(StopSignal === COMPOSE_SIGNAL ? {} : { stop_signal: StopSignal }),
    ...(serverOf(node) === undefined ? {} : { shm_size: SERVER_SHM_BYTES }),
  }
}

function healthcheck(node: NodeSpec, topology: Topology): object {
  const test = healthQuestion(node, topology)
  if (test === undefined) return {}
  // Whoever needs databases waits until they are made and copied.
  const retries = topology.nodes.some((other) => serverOf(other) !== undefined) ? 90 : 30
  return { healthcheck: { test, interval: '1s', timeout: '2s', retries } }
}

/**
 * Our own programs can be asked whether they are ready, since their image has node, and others as their part says; other
 * images may have nothing to ask with.
 */
function healthQuestion(node: NodeSpec, topology: Topology): string[] | undefined {
  const { program, readiness, ports } = node
  if (program.kind === 'installed') {
    const book = bookOf(node, topology)
    return program.health && ['CMD', ...program.health.map((text) => fillReferences(text, book))]
  }
  if (program.kind !== 'bundle' || readiness.protocol !== 'http') return undefined
  // What is thrown ends node with exit code 1.
  const url = `http://127.0.0.1:${ports[readiness.port]}${readiness.path}`
  return ['CMD', 'node', '-e', `fetch('${url}').then((answer) => { if (!answer.ok) throw answer.status })`]
}

function conditionOf(id: string, topology: Topology): string {
  const node = topology.nodes.find((candidate) => candidate.id === id)
  return node !== undefined && healthQuestion(node, topology) !== undefined ? 'service_healthy' : 'service_started'
}

/** In a Compose network nodes know each other by name. */
function bookOf(node: NodeSpec, { nodes }: Topology): AddressBook {
  return containerAddresses(
    node,
    nodes.map((spec) => ({ spec, address: spec.id })),
    () => PASSWORD,
  )
}

/** Nodes that have the very same file share it, under the name of the file alone. */
function configName(node: NodeSpec, path: string, topology: Topology): string {
  const text = fileText(node, path, topology)
  const same = topology.nodes.filter((other) => path in other.files && fileText(other, path, topology) === text)
  const name = path.replaceAll(/[^a-zA-Z0-9]+/g, '-')
  return same.length > 1 ? name : `${node.id}-${name}`
}

function fileText(node: NodeSpec, path: string, topology: Topology): string {
  return filled(node.files[path] ?? '', bookOf(node, topology))
}

/** Compose replaces $name in every value; $$ stands for a dollar, except in what we want replaced. */
function filled(text: string, book: AddressBook): string {
  return fillReferences(escaped(text), book)
}

function escaped(text: string): string {
  return text.replaceAll('$', '$$$$')
}

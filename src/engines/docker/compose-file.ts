import { stringify } from 'yaml'
import { type AddressBook, fillReferences } from '../../core/references.js'
import type { NodeSpec, Topology } from '../../core/topology.js'
import { addressBook, bundleFile, commandError, NODE_DIR, programOptions } from './container-options.js'
import { type Images, imageOf } from './images.js'

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
    Object.entries(node.files).map(([path, text]): [string, object] => [
      configName(node, path),
      { content: escapeDollars(fillReferences(text, bookOf(node, topology))) },
    ]),
  )
  const document = {
    name: `scalelab-${request.name}`,
    services: Object.fromEntries(topology.nodes.map((node) => [node.id, service(node, request)])),
    ...(programs.length + inlined.length === 0
      ? {}
      : {
          configs: {
            ...Object.fromEntries(
              programs.map((bundle) => [bundle, { file: `${request.programs}/${bundleFile(bundle)}` }]),
            ),
            ...Object.fromEntries(inlined),
          },
        }),
  }
  return `# ${request.question}
# Written by: scalelab compose ${request.name}
# Start: docker compose -f <this file> up    (Compose 2.23.1 or newer)
${stringify(document, { lineWidth: 0 })}`
}

function service(node: NodeSpec, request: ComposeRequest): object {
  const { topology } = request
  const book = bookOf(node, topology)
  const environment = Object.entries(node.env).map(([key, value]): [string, string] => [
    key,
    escapeDollars(fillReferences(value, book)),
  ])
  const files = Object.keys(node.files).map((path) => ({
    source: configName(node, path),
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
    ...commandOf(node),
    ...(environment.length === 0 ? {} : { environment: Object.fromEntries(environment) }),
    ...(configs.length === 0 ? {} : { configs }),
    ...(entry
      ? {
          ports: Object.entries(node.publish).map(
            ([port, host]) => `${request.publishHost}:${host}:${node.ports[port]}`,
          ),
        }
      : {}),
    ...(node.dependsOn.length === 0
      ? {}
      : { depends_on: Object.fromEntries(node.dependsOn.map((id) => [id, { condition: conditionOf(id, topology) }])) }),
    ...healthcheck(node),
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
function commandOf(node: NodeSpec): object {
  const { Entrypoint = [], Cmd = [] } = programOptions(node)
  const command = [Entrypoint, Cmd].flat()
  return command.length === 0 ? {} : { entrypoint: command }
}

/** Our own programs can be asked whether they are ready, since their image has node; other images may have nothing to ask with. */
function healthcheck({ program, readiness, ports }: NodeSpec): object {
  if (program.kind !== 'bundle') return {}
  const url = `http://127.0.0.1:${ports[readiness.port]}${readiness.path}`
  // What is thrown ends node with exit code 1.
  const ask = `fetch('${url}').then((answer) => { if (!answer.ok) throw answer.status })`
  return { healthcheck: { test: ['CMD', 'node', '-e', ask], interval: '1s', timeout: '2s', retries: 30 } }
}

function conditionOf(id: string, topology: Topology): string {
  const node = topology.nodes.find((candidate) => candidate.id === id)
  return node?.program.kind === 'bundle' ? 'service_healthy' : 'service_started'
}

/** In a Compose network nodes know each other by name. */
function bookOf(node: NodeSpec, { nodes }: Topology): AddressBook {
  return addressBook(
    node,
    nodes.map((spec) => ({ spec, address: spec.id })),
  )
}

function configName(node: NodeSpec, path: string): string {
  return `${node.id}-${path.replaceAll(/[^a-zA-Z0-9]+/g, '-')}`
}

/** Compose replaces $name in every value; $$ stands for a dollar. */
function escapeDollars(text: string): string {
  return text.replaceAll('$', '$$$$')
}

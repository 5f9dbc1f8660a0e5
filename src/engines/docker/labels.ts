import { createHash } from 'node:crypto'
import { environmentError, type LabError } from '../../core/errors.js'
import type { StackMeta } from '../../core/stack.js'
import { nodeSpecSchema, stackMetaSchema } from '../../core/stack-schema.js'
import type { NodeSpec } from '../../core/topology.js'

/**
 * Everything known about a stack is written on its containers, network and marker, so that any later command of the same
 * home finds it all again. Labels cannot be changed once made.
 */
export const LABEL = {
  stack: 'scalelab.stack',
  /** Whose stack it is: several people (and test runs) may share a daemon, and must not clean up after each other. */
  home: 'scalelab.home',
  /** JSON of the StackMeta; on every resource, because any of them may be the last one left. */
  meta: 'scalelab.meta',
  /** One run of `up`: what it takes back when it fails, and nothing of another `up` of the same name. */
  up: 'scalelab.up',
  publishHost: 'scalelab.publish_host',
  node: 'scalelab.node',
  /** JSON of the NodeSpec as it was when the container was made; a reload leaves a newer one in the container. */
  spec: 'scalelab.spec',
  /** Place in the stack, 0 the entry. */
  order: 'scalelab.order',
  /** The node's fixed address in the stack's network. */
  address: 'scalelab.address',
  /** Name of the port that the node's URL leads to. */
  urlPort: 'scalelab.url_port',
} as const

/** Prefix of container, network and marker names, and Compose's name for the project. */
export function projectOf(stack: string): string {
  return `scalelab-${stack}`
}

export function containerName(stack: string, node: string): string {
  return `${projectOf(stack)}-${node}`
}

/** What every resource of a stack carries. */
export interface StackLabels {
  meta: StackMeta
  upId: string
  home: string
  publishHost: string
}

/** Labels of every resource: ours, and the one by which Docker Desktop and `docker compose ls` group containers. */
export function stackLabels({ meta, upId, home, publishHost }: StackLabels): Record<string, string> {
  return {
    [LABEL.stack]: meta.name,
    [LABEL.meta]: JSON.stringify(meta),
    [LABEL.home]: home,
    [LABEL.up]: upId,
    [LABEL.publishHost]: publishHost,
    'com.docker.compose.project': projectOf(meta.name),
  }
}

/** Where a node stands in its stack. */
export interface NodePlace {
  order: number
  address: string
  urlPort: string
}

/** Labels of a node's container, with those that make `docker compose -p scalelab-<stack> ps` list it. */
export function nodeLabels(stack: StackLabels, spec: NodeSpec, place: NodePlace): Record<string, string> {
  const specText = JSON.stringify(spec)
  return {
    ...stackLabels(stack),
    [LABEL.node]: spec.id,
    [LABEL.spec]: specText,
    [LABEL.order]: String(place.order),
    [LABEL.address]: place.address,
    [LABEL.urlPort]: place.urlPort,
    'com.docker.compose.service': spec.id,
    'com.docker.compose.container-number': '1',
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.config-hash': createHash('sha256').update(specText).digest('hex'),
  }
}

/**
 * The stack's meta as a resource carries it. A label that this version cannot read (made by another one) still gives
 * enough to take the stack down.
 */
export function metaOf(labels: Record<string, string>): StackMeta {
  try {
    const { data } = stackMetaSchema.safeParse(JSON.parse(labels[LABEL.meta] ?? ''))
    if (data?.name === labels[LABEL.stack] && data !== undefined) return data
  } catch {
    // falls through
  }
  return {
    name: labels[LABEL.stack] ?? '',
    scenario: 'unknown',
    engine: 'docker',
    createdAt: new Date(0).toISOString(),
    version: 'unknown',
    owner: 'kept',
    parameters: {},
    notes: [],
  }
}

/** The spec in a text of ours: a label, or a file in a container. @throws LabError (environment) when it is none that this version reads */
export function specOf(text: string, stack: string, node: string): NodeSpec {
  try {
    return nodeSpecSchema.parse(JSON.parse(text))
  } catch {
    throw damagedNode(stack, node)
  }
}

/** Why the containers of a stack cannot be worked on; undefined when they can. */
export function damageOf(containers: readonly { Labels: Record<string, string> }[]): LabError | undefined {
  for (const { Labels: labels } of containers) {
    try {
      specOf(labels[LABEL.spec] ?? '', labels[LABEL.stack] ?? '', labels[LABEL.node] ?? '')
    } catch (error) {
      return error as LabError
    }
  }
  return undefined
}

function damagedNode(stack: string, node: string): LabError {
  return environmentError(
    `the labels of ${containerName(stack, node)} are of another version or damaged`,
    'The stack it belongs to can only be removed: scalelab clean',
  )
}

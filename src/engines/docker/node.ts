import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { ContainerInspectInfo } from 'dockerode'
import { EXIT, environmentError, LabError } from '../../core/errors.js'
import { hostInUrl } from '../../core/host.js'
import type { AddressBook } from '../../core/references.js'
import { type NodeSpec, schemeOf } from '../../core/topology.js'
import { notReadyError, untilReady } from '../readiness.js'
import type { DockerClient } from './client.js'
import { bundleFile, containerOptions, filesOf } from './container-options.js'
import { isPortTaken, messageOf, statusOf } from './errors.js'
import { canListen, type HostPorts, portTaken } from './host-ports.js'
import type { Images } from './images.js'
import { removeContainer } from './inventory.js'
import type { NodePlace, StackLabels } from './labels.js'
import { logLines } from './log-lines.js'
import { putFiles } from './node-files.js'

/** How many lines of its log an error about a node shows. */
const LAST_LINES = 20
const PORT_ATTEMPTS = 5

/** What every node of an engine is made with. */
export interface Workshop {
  client: DockerClient
  images: Images
  /** Whose stacks are seen and made: an id of the state folder and its machine. */
  home: string
  /** Folder of the bundled programs. */
  nodesDir: string
  /** The password of a role. */
  secret: (role: string) => string
}

/** A node to be made. */
export interface NodeRequest {
  stack: StackLabels
  spec: NodeSpec
  place: NodePlace
  book: AddressBook
  /** Id of the stack's network. */
  network: string
  ports: HostPorts
}

/**
 * Makes a node's container with its files in it, not started.
 * @returns the container's id
 */
export async function makeNode(workshop: Workshop, request: NodeRequest): Promise<string> {
  const { client, images, nodesDir } = workshop
  const { stack, spec, place, book, network, ports } = request
  const hostPorts: Record<string, number> = {}
  for (const name of Object.keys(spec.ports)) hostPorts[name] = spec.publish[name] ?? (await ports.take())
  const options = containerOptions({ stack, spec, place, book, images, network, hostPorts })
  const container = await client.docker.createContainer(options)
  const program: Record<string, Buffer> = {}
  if (spec.program.kind === 'bundle') {
    const name = bundleFile(spec.program.bundle)
    program[name] = await readBundle(join(nodesDir, name))
  }
  await putFiles(client.docker, container.id, spec, { ...filesOf(spec, book), ...program })
  return container.id
}

async function readBundle(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const hint = 'Build it: npm run build'
    throw new LabError(`the node program ${path} cannot be read`, { exitCode: EXIT.environment, hint, cause })
  }
}

/**
 * Starts a node's container. If somebody has taken the port that was chosen for it, the container is made again with
 * another; a port that the user asked for is not replaced.
 * @returns the id of the container that runs now
 * @throws LabError (environment) for a taken port that was asked for
 */
export async function startContainer(workshop: Workshop, request: NodeRequest, id: string): Promise<string> {
  const { docker } = workshop.client
  let container = id
  for (let attempt = 1; ; attempt++) {
    try {
      await docker.getContainer(container).start()
      return container
    } catch (error) {
      if (!isPortTaken(error)) throw error
      const asked = takenPort(error, Object.values(request.spec.publish))
      if (asked !== undefined) throw portTaken(asked)
      if (attempt === PORT_ATTEMPTS) throw error
      await removeContainer(docker, container)
      container = await makeNode(workshop, request)
    }
  }
}

/** Which of these ports Docker's words are about. */
export function takenPort(error: unknown, ports: readonly number[]): number | undefined {
  return ports.find((port) => new RegExp(`:${port}\\b`).test(messageOf(error)))
}

/**
 * Waits until a started node is ready.
 * @throws LabError (environment) with the node's last log lines when it ends or time is up
 */
export async function waitForNode(
  client: DockerClient,
  id: string,
  spec: NodeSpec,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const container = client.docker.getContainer(id)
  const info = await container.inspect()
  const hostPort = hostPortOf(info, spec.ports[spec.readiness.port])
  if (hostPort === undefined) throw environmentError(`${spec.id} has no published port ${spec.readiness.port}`)
  const publishHost = bindingOf(info, spec.ports[spec.readiness.port])?.HostIp ?? ''
  const url = originOf(client, spec, publishHost, hostPort)
  const waiting = new AbortController()
  // With the wait cancelled the promise stays open, as "has not ended" should.
  const ended = new Promise<string>((resolve) => {
    container.wait({ condition: 'not-running', abortSignal: waiting.signal }).then(
      async () => resolve(await howEnded(client, id, spec)),
      (error: unknown) => {
        if (statusOf(error) === 404) resolve('its container is gone')
      },
    )
  })
  try {
    const outcome = await untilReady(url, spec.readiness, { timeoutMs, signal, ended })
    if (!outcome.ready) throw notReadyError(spec.id, outcome.why, await lastLines(client, id))
  } finally {
    waiting.abort()
  }
}

async function howEnded({ docker }: DockerClient, id: string, spec: NodeSpec): Promise<string> {
  const { memoryMiB } = spec.limits
  try {
    const { ExitCode, OOMKilled } = (await docker.getContainer(id).inspect()).State
    if (OOMKilled) return `out of memory, its limit is ${memoryMiB ?? 'unknown'} MiB`
    // Docker does not hear the kernel's word about memory under every arrangement of cgroups.
    const killed = ExitCode === 128 + constants.signals.SIGKILL && memoryMiB !== undefined
    return killed ? `killed, probably out of memory, its limit is ${memoryMiB} MiB` : `exit code ${ExitCode}`
  } catch {
    return 'its container is gone'
  }
}

async function lastLines({ docker }: DockerClient, id: string): Promise<string[]> {
  try {
    return logLines(await docker.getContainer(id).logs({ stdout: true, stderr: true, tail: LAST_LINES }))
  } catch {
    return [] // gone with its container
  }
}

function bindingOf(
  info: ContainerInspectInfo,
  containerPort: number | undefined,
): { HostIp?: string; HostPort?: string } | undefined {
  return info.HostConfig.PortBindings?.[`${containerPort}/tcp`]?.[0]
}

/** The host's port that leads to a port of the container. */
export function hostPortOf(info: ContainerInspectInfo, containerPort: number | undefined): number | undefined {
  const port = Number(bindingOf(info, containerPort)?.HostPort)
  return Number.isInteger(port) && port > 0 ? port : undefined
}

/** "http://127.0.0.1:20341", of a database "postgres://127.0.0.1:20341": how a published port is reached from here. */
export function originOf(client: DockerClient, spec: NodeSpec, publishHost: string, port: number): string {
  const anywhere = ['', '0.0.0.0', '::'].includes(publishHost)
  const host = anywhere ? client.machine : publishHost
  return `${schemeOf(spec.readiness)}://${hostInUrl(host)}:${port}`
}

/** Whether a port can be published; of a daemon on another machine it is not known here, and Docker will tell. */
export function portCheck(client: DockerClient, publishHost: string): (port: number) => Promise<boolean> {
  return (port) => (client.local ? canListen(publishHost, port) : Promise.resolve(true))
}

import { randomUUID } from 'node:crypto'
import type { ContainerInfo } from 'dockerode'
import { environmentError, type LabError, unknownValueError, usageError } from '../../core/errors.js'
import type { NodeState, NodeStatus, NodeUsage, StackMeta } from '../../core/stack.js'
import { type NodeSpec, reloadSignalOf } from '../../core/topology.js'
import type { Folder, Stack } from '../port.js'
import { commandError, containerAddresses, filesOf, SPEC_FILE } from './container-options.js'
import { explained, isPortTaken, statusOf, tolerate } from './errors.js'
import { followLogs } from './follow-logs.js'
import { HostPorts, portTaken } from './host-ports.js'
import { hasImage, neededImages, pullImage } from './images.js'
import { findAll, removeAll, removeContainer } from './inventory.js'
import { LABEL, type StackLabels, specOf } from './labels.js'
import { logLines } from './log-lines.js'
import { cutOff, freeAddress, joinAgain, subnetOf } from './network.js'
import { hostPortOf, makeNode, originOf, portCheck, startContainer, type Workshop, waitForNode } from './node.js'
import { putFiles, readInside } from './node-files.js'
import { shortId, softwareOf } from './software.js'
import { usageOf } from './usage.js'

/** How long a node that is added or restarted may take to become ready, in milliseconds. */
const READY_TIMEOUT_MS = 30_000

/** A container of the stack, with what its labels say. */
interface NodeContainer {
  info: ContainerInfo
  spec: NodeSpec
  order: number
  address: string
  urlPort: string
  publishHost: string
}

/** A stack as the daemon has it: nothing is remembered here, every answer is read from the containers. */
export class DockerStack implements Stack {
  readonly meta: StackMeta
  readonly complete: boolean
  readonly damage?: LabError
  readonly #workshop: Workshop

  constructor(workshop: Workshop, meta: StackMeta, complete: boolean, damage?: LabError) {
    this.#workshop = workshop
    this.meta = meta
    this.complete = complete
    if (damage !== undefined) this.damage = damage
  }

  nodes(): Promise<NodeStatus[]> {
    return this.#explained(async () => (await this.#containers()).map((node) => this.#status(node)))
  }

  specs(): Promise<NodeSpec[]> {
    return this.#explained(async () => Promise.all((await this.#containers()).map((node) => this.#currentSpec(node))))
  }

  logs(node: string, tail: number): Promise<string[]> {
    return this.#explained(async () => {
      const { info } = await this.#container(node)
      return logLines(await this.#of(info.Id).logs({ stdout: true, stderr: true, tail }))
    })
  }

  async *followLogs(node: string, signal: AbortSignal): AsyncIterable<string> {
    const { info } = await this.#explained(() => this.#container(node))
    yield* followLogs(this.#workshop.client.docker, info.Id, signal)
  }

  stop(node: string): Promise<void> {
    return this.#explained(async () => {
      const { info, spec } = await this.#container(node)
      await this.#thaw(info)
      await tolerate([304], this.#of(info.Id).stop({ t: graceSeconds(spec) }))
    })
  }

  kill(node: string): Promise<void> {
    return this.#explained(async () => {
      const { info } = await this.#container(node)
      if (!runs(info)) return
      // Docker lets go of what is frozen when it kills the first process; the others, PostgreSQL's sessions say, would
      // work on until the kernel has taken that one apart: a commit could still be acknowledged to a client.
      if (info.State === 'paused') await cutOff(this.#workshop.client.docker, info)
      await tolerate([409], this.#of(info.Id).kill())
    })
  }

  pause(node: string): Promise<void> {
    return this.#explained(async () => {
      const { info } = await this.#container(node)
      if (info.State === 'paused') return
      if (!runs(info)) throw usageError(`${node} does not run, so it cannot be paused`)
      await this.#of(info.Id).pause()
    })
  }

  resume(node: string): Promise<void> {
    return this.#explained(async () => this.#thaw((await this.#container(node)).info))
  }

  restart(node: string): Promise<void> {
    return this.#explained(async () => {
      const { info, spec } = await this.#container(node)
      await this.#thaw(info)
      await joinAgain(this.#workshop.client.docker, info)
      try {
        await this.#of(info.Id).restart({ t: graceSeconds(spec) })
      } catch (error) {
        if (!isPortTaken(error)) throw error
        const inspected = await this.#of(info.Id).inspect()
        throw portTaken(hostPortOf(inspected, spec.ports[spec.readiness.port]) ?? 0)
      }
      await this.#untilReady(info.Id, spec)
    })
  }

  add(spec: NodeSpec): Promise<void> {
    return this.#explained(async () => {
      const { client, images } = this.#workshop
      const present = await this.#containers()
      if (present.some((node) => node.spec.id === spec.id)) throw usageError(`there is a node "${spec.id}" already`)
      if (spec.program.kind === 'command') throw commandError(spec)
      for (const needed of neededImages([spec], images)) {
        if (await hasImage(client.docker, needed.image)) continue
        await pullImage(client.docker, needed, new AbortController().signal, () => {})
      }
      const publishHost = present[0]?.publishHost ?? '127.0.0.1'
      const stack: StackLabels = {
        meta: this.meta,
        publishHost,
        upId: randomUUID(),
        home: this.#workshop.home,
      }
      const { networks } = await findAll(client.docker, `${LABEL.stack}=${this.meta.name}`)
      const [network] = networks
      if (network === undefined) throw environmentError(`the network of the stack ${this.meta.name} is gone`)
      const address = freeAddress(subnetOf(network), new Set(present.map((node) => node.address)))
      const place = {
        order: Math.max(-1, ...present.map((node) => node.order)) + 1,
        address,
        urlPort: spec.readiness.port,
      }
      const ports = new HostPorts(portCheck(client, publishHost))
      for (const port of Object.values(spec.publish)) await ports.claim(port)
      const book = containerAddresses(spec, [...present, { spec, address }], this.#workshop.secret)
      try {
        const request = { stack, spec, place, book, ports, network: network.Id }
        const id = await startContainer(this.#workshop, request, await makeNode(this.#workshop, request))
        await this.#untilReady(id, spec)
      } catch (error) {
        await removeAll(client.docker, `${LABEL.up}=${stack.upId}`)
        throw error
      }
    })
  }

  remove(node: string): Promise<void> {
    return this.#explained(async () => {
      await this.stop(node)
      const { info } = await this.#container(node)
      await removeContainer(this.#workshop.client.docker, info.Id)
    })
  }

  reload(spec: NodeSpec): Promise<void> {
    return this.#explained(async () => {
      const present = await this.#containers()
      const { info } = await this.#container(spec.id)
      const book = containerAddresses(spec, present, this.#workshop.secret)
      await putFiles(this.#workshop.client.docker, info.Id, spec, filesOf(spec, book))
      if (runs(info)) await this.#of(info.Id).kill({ signal: reloadSignalOf(spec.program) })
    })
  }

  write(node: string, files: Record<string, string | null>): Promise<void> {
    return this.#explained(async () => {
      const { info, spec } = await this.#container(node)
      await putFiles(this.#workshop.client.docker, info.Id, spec, files)
    })
  }

  read(node: string, path: string, below: Folder = 'data'): Promise<string | null> {
    return this.#explained(async () => {
      const { info } = await this.#container(node)
      return readInside(this.#workshop.client.docker, info.Id, below, path)
    })
  }

  usage(): Promise<NodeUsage[]> {
    return this.#explained(async () => {
      const running = (await this.#containers()).filter(({ info }) => runs(info))
      const readings = await Promise.all(
        running.map(async ({ info, spec }) => {
          try {
            return usageOf(spec.id, await this.#of(info.Id).stats({ stream: false, 'one-shot': true }))
          } catch (error) {
            if (statusOf(error) === 404 || statusOf(error) === 409) return null // it ended just now
            throw error
          }
        }),
      )
      return readings.filter((reading) => reading !== null)
    })
  }

  software(): Promise<Record<string, string>> {
    return this.#explained(async () => {
      const nodes = (await this.#containers()).map(({ info, spec }) => ({ info, program: spec.program }))
      return softwareOf(this.#workshop.client.docker, nodes)
    })
  }

  down(): Promise<void> {
    return this.#explained(() => removeAll(this.#workshop.client.docker, `${LABEL.stack}=${this.meta.name}`))
  }

  #explained<T>(work: () => Promise<T>): Promise<T> {
    return explained(this.#workshop.client.host, work)
  }

  #of(id: string) {
    return this.#workshop.client.docker.getContainer(id)
  }

  /** In order, the entry first. */
  async #containers(): Promise<NodeContainer[]> {
    const filters = { label: [`${LABEL.stack}=${this.meta.name}`, LABEL.node] }
    const containers = await this.#workshop.client.docker.listContainers({ all: true, filters })
    return containers.map(readContainer).sort((a, b) => a.order - b.order)
  }

  async #container(node: string): Promise<NodeContainer> {
    const containers = await this.#containers()
    const found = containers.find(({ spec }) => spec.id === node)
    if (found !== undefined) return found
    const ids = containers.map(({ spec }) => spec.id)
    throw unknownValueError('node', node, ids)
  }

  #status({ info, spec, address, urlPort, publishHost }: NodeContainer): NodeStatus {
    const published = info.Ports.find((port) => port.PrivatePort === spec.ports[urlPort] && port.PublicPort > 0)
    const url =
      published === undefined ? null : originOf(this.#workshop.client, spec, publishHost, published.PublicPort)
    return {
      id: spec.id,
      role: spec.role,
      state: stateOf(info),
      url: runs(info) ? url : null,
      handle: `container ${shortId(info.Id)}`,
      internalAddresses: Object.values(spec.ports).flatMap((port) => [`${address}:${port}`, `${spec.id}:${port}`]),
    }
  }

  async #currentSpec({ info, spec }: NodeContainer): Promise<NodeSpec> {
    const text = await readInside(this.#workshop.client.docker, info.Id, 'dir', SPEC_FILE)
    // Without: killed before its files were there.
    return text === null ? spec : specOf(text, this.meta.name, spec.id)
  }

  async #thaw(info: ContainerInfo): Promise<void> {
    if (info.State === 'paused') await tolerate([409, 500], this.#of(info.Id).unpause())
  }

  #untilReady(id: string, spec: NodeSpec): Promise<void> {
    return waitForNode(this.#workshop.client, id, spec, READY_TIMEOUT_MS, new AbortController().signal)
  }
}

function readContainer(info: ContainerInfo): NodeContainer {
  const label = (name: string): string => info.Labels[name] ?? ''
  return {
    info,
    spec: specOf(label(LABEL.spec), label(LABEL.stack), label(LABEL.node)),
    order: Number(label(LABEL.order)),
    address: label(LABEL.address),
    urlPort: label(LABEL.urlPort),
    publishHost: label(LABEL.publishHost),
  }
}

function runs(info: ContainerInfo): boolean {
  return info.State === 'running' || info.State === 'paused'
}

function stateOf(info: ContainerInfo): NodeState {
  if (info.State === 'running' || info.State === 'paused') return info.State
  return info.State === 'created' || info.State === 'restarting' ? 'starting' : 'stopped'
}

/** Docker counts the grace in whole seconds. */
function graceSeconds(spec: NodeSpec): number {
  return Math.ceil(spec.stopGraceMs / 1_000)
}

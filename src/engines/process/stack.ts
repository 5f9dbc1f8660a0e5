import { isDeepStrictEqual } from 'node:util'
import { environmentError, type LabError, unknownValueError, usageError } from '../../core/errors.js'
import type { NodeStatus, NodeUsage, StackMeta } from '../../core/stack.js'
import type { StackRecord } from '../../core/stack-folders.js'
import { type NodeSpec, nodeOf, reloadSignalOf, schemeOf, stopSignalOf } from '../../core/topology.js'
import { entryFirst } from '../entry-first.js'
import { inside } from '../inside.js'
import type { Folder, Stack } from '../port.js'
import { addressOf, clientPort, listenHost } from './addresses.js'
import { dataFolder, filesFolder, nodeProcess, type ProcessHost, placesOf } from './host.js'
import { lastLines, newLines } from './node-log.js'
import type { NodeProcess } from './node-process.js'
import { choosePorts } from './ports.js'
import { lackOf, versionsOf } from './programs.js'
import { readBelow } from './read-inside.js'
import { reservedPorts } from './reserved-ports.js'
import { removeData } from './server-processes.js'
import { nodeStateOf, startNode, writeFiles } from './start-node.js'
import { takeDown } from './take-down.js'

/** Of a node whose spec cannot be read any more, in milliseconds. */
const DEFAULT_GRACE_MS = 5_000

/** A stack of plain processes. It keeps nothing in memory: other commands may change the stack at any moment. */
export class ProcessStack implements Stack {
  /** Changes of the record run one after the other. */
  private changes: Promise<unknown> = Promise.resolve()
  /** Nodes that are being killed. */
  private readonly killing = new Map<string, Promise<void>>()

  constructor(
    private readonly host: ProcessHost,
    readonly meta: StackMeta,
    readonly complete: boolean,
    readonly damage: LabError | undefined = undefined,
  ) {}

  async nodes(): Promise<NodeStatus[]> {
    const [record, rows] = await Promise.all([this.record(), this.host.table.rows()])
    const status = async (spec: NodeSpec): Promise<NodeStatus> => {
      const living = await this.process(spec.id).living(rows)
      const url = `${schemeOf(spec.readiness)}://${addressOf(record, spec.id, clientPort(record, spec))}`
      return {
        id: spec.id,
        role: spec.role,
        state: living === undefined ? 'stopped' : await nodeStateOf(this.host, record, spec, living),
        ...(living?.leaderLives === false ? { headless: true as const } : {}),
        url: living === undefined ? null : url,
        handle: living === undefined ? 'no process' : `pid ${living.leader}`,
        internalAddresses: Object.keys(spec.ports).map((port) => addressOf(record, spec.id, port)),
      }
    }
    return Promise.all(entryFirst(record.topology).map(status))
  }

  async specs(): Promise<NodeSpec[]> {
    return entryFirst((await this.record()).topology)
  }

  async logs(node: string, tail: number): Promise<string[]> {
    await this.find(node)
    return lastLines(this.folder(node), tail)
  }

  async *followLogs(node: string, signal: AbortSignal): AsyncIterable<string> {
    await this.find(node)
    yield* newLines(this.folder(node), signal)
  }

  async stop(node: string): Promise<void> {
    await this.stopNode((await this.find(node)).spec)
  }

  async kill(node: string): Promise<void> {
    await this.find(node)
    // Two at once, of a drill and of the failover that follows, would only look at the same processes twice as often.
    const killing = this.killing.get(node) ?? this.process(node).kill()
    this.killing.set(node, killing)
    await killing.finally(() => this.killing.delete(node))
  }

  async pause(node: string): Promise<void> {
    await this.find(node)
    await this.process(node).freeze()
  }

  async resume(node: string): Promise<void> {
    await this.find(node)
    await this.process(node).thaw()
  }

  async restart(node: string): Promise<void> {
    const { record, spec } = await this.find(node)
    await this.stopNode(spec)
    try {
      await startNode(this.host, record, spec, new AbortController().signal)
    } catch (error) {
      await this.process(node).kill()
      throw error
    }
  }

  add(spec: NodeSpec): Promise<void> {
    return this.alone(async () => {
      const record = await this.record()
      if (record.topology.nodes.some(({ id }) => id === spec.id)) {
        throw usageError(`stack ${this.meta.name} has a node ${spec.id} already`)
      }
      const topology = { ...record.topology, nodes: [...record.topology.nodes, spec] }
      const lack = await lackOf({ ...topology, nodes: [spec] }, placesOf(this.host, record))
      if (lack !== undefined) throw environmentError(lack.reason, lack.fix)
      const hostOf = (node: NodeSpec): string => listenHost(node, topology, record.publishHost)
      const ports = { ...record.ports, ...(await choosePorts([spec], hostOf, await reservedPorts(this.host.folders))) }
      const wider = { ...record, topology, ports }
      try {
        await this.host.folders.save(wider)
        await startNode(this.host, wider, spec, new AbortController().signal)
      } catch (error) {
        await this.forget(record, spec)
        throw error
      }
    })
  }

  remove(node: string): Promise<void> {
    return this.alone(async () => {
      const { record, spec } = await this.find(node)
      if (node === record.topology.entry.node) {
        throw usageError(`${node} is the entry of stack ${this.meta.name} and cannot be removed`)
      }
      await this.stopNode(spec)
      const nodes = record.topology.nodes.filter(({ id }) => id !== node)
      const { [node]: _, ...ports } = record.ports
      await this.forget({ ...record, topology: { ...record.topology, nodes }, ports }, spec)
    })
  }

  reload(spec: NodeSpec): Promise<void> {
    return this.alone(async () => {
      const { record, spec: old } = await this.find(spec.id)
      if (!isDeepStrictEqual({ ...old, files: spec.files }, spec)) {
        throw new Error(`a reload of ${spec.id} may change its files and nothing else`)
      }
      const nodes = record.topology.nodes.map((node) => (node.id === spec.id ? spec : node))
      const changed = { ...record, topology: { ...record.topology, nodes } }
      await writeFiles(this.host, changed, spec)
      await this.host.folders.save(changed)
      await this.process(spec.id).signalLeader(reloadSignalOf(spec.program))
    })
  }

  async write(node: string, files: Record<string, string | null>): Promise<void> {
    await this.find(node)
    await this.host.folders.writeNode(this.meta.name, node, files)
  }

  async read(node: string, path: string, below: Folder = 'data'): Promise<string | null> {
    const { spec } = await this.find(node)
    const folder =
      below === 'dir' ? filesFolder(this.host, this.meta.name, node) : dataFolder(this.host, this.meta.name, spec)
    return readBelow(folder, inside(path))
  }

  async usage(): Promise<NodeUsage[]> {
    const [record, rows] = await Promise.all([this.record(), this.host.table.rows()])
    const usage = async ({ id }: NodeSpec): Promise<NodeUsage[]> => {
      const living = await this.process(id).living(rows)
      if (living === undefined) return []
      const memory = await Promise.all(living.processes.map(({ pid }) => this.host.table.memory(pid)))
      // The processes of a node share the same pages: program and buffers count once.
      const shared = Math.max(...memory.map((bytes) => bytes.shared))
      return [
        {
          id,
          cpuSeconds: living.processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
          memoryBytes: memory.reduce((sum, { own }) => sum + own, shared),
        },
      ]
    }
    return (await Promise.all(entryFirst(record.topology).map(usage))).flat()
  }

  async software(): Promise<Record<string, string>> {
    const record = await this.record()
    return versionsOf(record.topology, placesOf(this.host, record))
  }

  async down(): Promise<void> {
    const specs = await this.specs().catch((): NodeSpec[] => [])
    if (!(await this.stillThere())) return
    await takeDown(this.host, this.meta.name, (id, node) => {
      const spec = specs.find((candidate) => candidate.id === id)
      return spec === undefined ? node.stop(DEFAULT_GRACE_MS) : node.stop(spec.stopGraceMs, stopSignalOf(spec.program))
    })
  }

  /** Like `down`, without waiting for anything to finish its work. */
  async discard(): Promise<void> {
    if (!(await this.stillThere())) return
    await takeDown(this.host, this.meta.name, (_, node) => node.kill())
  }

  /** False when the stack is gone, or another one has its name by now. A damaged record counts as there. */
  private async stillThere(): Promise<boolean> {
    try {
      const record = await this.host.folders.read(this.meta.name)
      return record !== undefined && record.meta.createdAt === this.meta.createdAt
    } catch {
      return true
    }
  }

  private async record(): Promise<StackRecord> {
    const record = await this.host.folders.read(this.meta.name)
    if (record === undefined || record.meta.createdAt !== this.meta.createdAt) {
      throw environmentError(`stack ${this.meta.name} was taken down`)
    }
    return record
  }

  private async find(node: string): Promise<{ record: StackRecord; spec: NodeSpec }> {
    const record = await this.record()
    const ids = entryFirst(record.topology).map(({ id }) => id)
    if (!ids.includes(node)) throw unknownValueError('node', node, ids)
    return { record, spec: nodeOf(record.topology, node) }
  }

  /** Ends a node whatever its state, and leaves the stack as the record says. */
  private async forget(record: StackRecord, spec: NodeSpec): Promise<void> {
    await this.process(spec.id).kill()
    await removeData(dataFolder(this.host, this.meta.name, spec), this.host)
    await this.host.folders.removeNode(this.meta.name, spec.id)
    await this.host.folders.save(record)
  }

  private async stopNode({ id, program, stopGraceMs }: NodeSpec): Promise<void> {
    await this.process(id).stop(stopGraceMs, stopSignalOf(program))
  }

  private alone<T>(change: () => Promise<T>): Promise<T> {
    const result = this.changes.then(change)
    this.changes = result.catch(() => undefined)
    return result
  }

  private process(node: string): NodeProcess {
    return nodeProcess(this.host, this.meta.name, node)
  }

  private folder(node: string): string {
    return this.host.folders.nodeFolder(this.meta.name, node)
  }
}

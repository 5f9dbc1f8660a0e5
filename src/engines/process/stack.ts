import { access, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { environmentError, unknownValueError, usageError } from '../../core/errors.js'
import type { ProcessIdentity } from '../../core/process-identity.js'
import { fillReferences } from '../../core/references.js'
import type { NodeState, NodeStatus, NodeUsage, StackMeta } from '../../core/stack.js'
import type { StackFolders, StackRecord } from '../../core/stack-folders.js'
import { type NodeSpec, nodeOf } from '../../core/topology.js'
import { entryFirst } from '../entry-first.js'
import type { Stack } from '../port.js'
import { answers, notReadyError, untilReady } from '../readiness.js'
import { addressBook, addressOf, clientPort, listenHost } from './addresses.js'
import { launch } from './launch.js'
import { lastLines, logSize, newLines } from './node-log.js'
import { isFrozen, type Living, NodeProcess } from './node-process.js'
import { choosePorts } from './ports.js'
import type { ProcessTable } from './process-table.js'
import { commandLine, lackOf, type ProgramPlaces, versionsOf } from './programs.js'
import { reservedPorts } from './reserved-ports.js'

/** In a node's folder while its program has told that it is ready. */
const READY_FILE = 'ready'
/** In the environment of every process of a stack: "<variable>=<folder of the stack>". */
const STACK_VARIABLE = 'SCALELAB_STACK'
const NODE_VARIABLE = 'SCALELAB_NODE'
/** Lines of a node's log that an error shows. */
const SHOWN_LINES = 20
/** Of a node whose spec cannot be read any more, in milliseconds. */
const DEFAULT_GRACE_MS = 5_000

/** What all stacks of a process engine share. */
export interface ProcessHost {
  folders: StackFolders
  identity: ProcessIdentity
  table: ProcessTable
  nodesDir: string
  nodeBinary: string
  env: Record<string, string | undefined>
}

/** A stack of plain processes. It keeps nothing in memory: other commands may change the stack at any moment. */
export class ProcessStack implements Stack {
  /** Changes of the record run one after the other. */
  private changes: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly host: ProcessHost,
    readonly meta: StackMeta,
    readonly complete: boolean,
  ) {}

  async nodes(): Promise<NodeStatus[]> {
    const [record, rows] = await Promise.all([this.record(), this.host.table.rows()])
    const status = async (spec: NodeSpec): Promise<NodeStatus> => {
      const living = await this.process(spec.id).living(rows)
      const url = `http://${addressOf(record, spec.id, clientPort(record, spec))}`
      return {
        id: spec.id,
        role: spec.role,
        state: living === undefined ? 'stopped' : await this.stateOf(record, spec, living),
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
    const { spec } = await this.find(node)
    await this.process(node).stop(spec.stopGraceMs)
  }

  async kill(node: string): Promise<void> {
    await this.find(node)
    await this.process(node).kill()
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
    await this.process(node).stop(spec.stopGraceMs)
    try {
      await this.start(record, spec, new AbortController().signal)
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
      const lack = await lackOf({ ...topology, nodes: [spec] }, this.places(record))
      if (lack !== undefined) throw environmentError(lack.reason, lack.fix)
      const hostOf = (node: NodeSpec): string => listenHost(node, topology, record.publishHost)
      const ports = { ...record.ports, ...(await choosePorts([spec], hostOf, await reservedPorts(this.host.folders))) }
      const wider = { ...record, topology, ports }
      try {
        await this.host.folders.save(wider)
        await this.start(wider, spec, new AbortController().signal)
      } catch (error) {
        await this.forget(record, spec.id)
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
      await this.process(node).stop(spec.stopGraceMs)
      const nodes = record.topology.nodes.filter(({ id }) => id !== node)
      const { [node]: _, ...ports } = record.ports
      await this.forget({ ...record, topology: { ...record.topology, nodes }, ports }, node)
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
      await this.writeFiles(changed, spec)
      await this.host.folders.save(changed)
      await this.process(spec.id).signalLeader('SIGHUP')
    })
  }

  async usage(): Promise<NodeUsage[]> {
    const [record, rows] = await Promise.all([this.record(), this.host.table.rows()])
    const usage = async ({ id }: NodeSpec): Promise<NodeUsage[]> => {
      const living = await this.process(id).living(rows)
      if (living === undefined) return []
      const memory = await Promise.all(living.processes.map(({ pid }) => this.host.table.memoryBytes(pid)))
      return [
        {
          id,
          cpuSeconds: living.processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
          memoryBytes: memory.reduce((sum, bytes) => sum + bytes, 0),
        },
      ]
    }
    return (await Promise.all(entryFirst(record.topology).map(usage))).flat()
  }

  async software(): Promise<Record<string, string>> {
    const record = await this.record()
    return versionsOf(record.topology, this.places(record))
  }

  async down(): Promise<void> {
    const specs = await this.specs().catch((): NodeSpec[] => [])
    const graceOf = (id: string): number => specs.find((spec) => spec.id === id)?.stopGraceMs ?? DEFAULT_GRACE_MS
    await this.takeDown((id, node) => node.stop(graceOf(id)))
  }

  /** Like `down`, without waiting for anything to finish its work. */
  async discard(): Promise<void> {
    await this.takeDown((_, node) => node.kill())
  }

  /**
   * Writes a node's files, starts it and returns when it is ready.
   * @throws LabError (environment) when it is not within the time, the abort reason when the signal fires; what was
   * started still runs then
   */
  async start(record: StackRecord, spec: NodeSpec, signal: AbortSignal): Promise<void> {
    const { folders, identity, env } = this.host
    await this.writeFiles(record, spec)
    signal.throwIfAborted()
    const nodeFolder = this.folder(spec.id)
    await rm(join(nodeFolder, READY_FILE), { force: true })
    const book = addressBook(record, spec, this.filesFolder(spec.id))
    const filled = Object.entries(spec.env).map(([name, value]) => [name, fillReferences(value, book)])
    const logStart = await logSize(nodeFolder)
    const { ended } = await launch({
      nodeFolder,
      argv: await commandLine(spec, book, this.places(record)),
      // A user's command is meant to be run where the user called it; our own need no place.
      cwd: spec.program.kind === 'command' ? record.cwd : nodeFolder,
      env: {
        ...env,
        PATH: record.path,
        HOST: book.host,
        PORT: String(book.port(spec.readiness.port)),
        INSTANCE_ID: spec.id,
        ...Object.fromEntries(filled),
        [STACK_VARIABLE]: folders.folder(this.meta.name),
        [NODE_VARIABLE]: spec.id,
      },
      shellIdentity: identity.shell,
    })
    const url = `http://${addressOf(record, spec.id, spec.readiness.port)}`
    const outcome = await untilReady(url, spec.readiness, { timeoutMs: record.readyTimeoutMs, signal, ended })
    if (!outcome.ready) {
      throw notReadyError(spec.id, outcome.why, await lastLines(nodeFolder, SHOWN_LINES, logStart))
    }
    await writeFile(join(nodeFolder, READY_FILE), '')
  }

  private async takeDown(end: (id: string, node: NodeProcess) => Promise<void>): Promise<void> {
    const { folders } = this.host
    const { name } = this.meta
    const endAll = async (how: typeof end): Promise<void> => {
      const found = await folders.nodeFolders(name)
      await Promise.all(found.map(({ id, path }) => how(id, this.process(id, path))))
    }
    if (!(await this.stillThere())) return
    await endAll(end)
    // What another command was just starting either is in its folder by now, or never will be.
    await folders.close(name)
    await endAll((_, node) => node.kill())
    await this.killStrays()
    await folders.remove(name)
  }

  /** Ends what has left its node's process group: a user's program may make sessions of its own. */
  private async killStrays(): Promise<void> {
    const { table, folders } = this.host
    const variable = `${STACK_VARIABLE}=${folders.folder(this.meta.name)}`
    for (const { pid } of await table.rows()) {
      if (pid === process.pid || !(await table.carries(pid, { variable }))) continue
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // Ended in the meantime.
      }
    }
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

  private async stateOf(record: StackRecord, spec: NodeSpec, living: Living): Promise<NodeState> {
    if (isFrozen(living)) return 'paused'
    const readyFile = join(this.folder(spec.id), READY_FILE)
    const marked = await access(readyFile).then(
      () => true,
      () => false,
    )
    if (marked) return 'running'
    // Not marked: it is being started, or the command that started it was killed before it saw the node ready.
    const url = `http://${addressOf(record, spec.id, spec.readiness.port)}${spec.readiness.path}`
    if (!(await answers(url, spec.readiness.accept, 200, new AbortController().signal))) return 'starting'
    return 'running'
  }

  private async writeFiles(record: StackRecord, spec: NodeSpec): Promise<void> {
    const book = addressBook(record, spec, this.filesFolder(spec.id))
    const files = Object.entries(spec.files).map(([path, text]) => [path, fillReferences(text, book)])
    await this.host.folders.writeNode(this.meta.name, spec.id, Object.fromEntries(files))
  }

  /** Ends a node whatever its state, and leaves the stack as the record says. */
  private async forget(record: StackRecord, node: string): Promise<void> {
    await this.process(node).kill()
    await this.host.folders.removeNode(this.meta.name, node)
    await this.host.folders.save(record)
  }

  private alone<T>(change: () => Promise<T>): Promise<T> {
    const result = this.changes.then(change)
    this.changes = result.catch(() => undefined)
    return result
  }

  private process(node: string, folder = this.folder(node)): NodeProcess {
    const { identity, table, folders } = this.host
    const mark = { variable: `${STACK_VARIABLE}=${folders.folder(this.meta.name)}`, folder }
    return new NodeProcess(node, folder, mark, identity, table)
  }

  private folder(node: string): string {
    return this.host.folders.nodeFolder(this.meta.name, node)
  }

  private filesFolder(node: string): string {
    return join(this.folder(node), 'files')
  }

  private places(record: StackRecord): ProgramPlaces {
    return { nodesDir: this.host.nodesDir, nodeBinary: this.host.nodeBinary, path: record.path }
  }
}

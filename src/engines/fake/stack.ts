import { environmentError, unknownValueError, usageError } from '../../core/errors.js'
import { type AddressBook, fillReferences } from '../../core/references.js'
import type { NodeStatus, NodeUsage, StackMeta } from '../../core/stack.js'
import { type NodeSpec, nodeOf, schemeOf } from '../../core/topology.js'
import { entryFirst } from '../entry-first.js'
import { inside } from '../inside.js'
import type { Folder, Stack } from '../port.js'
import { notReadyError } from '../readiness.js'
import { type FakeMachine, type FakeNode, type FakeStackState, writeLog } from './fake-machine.js'

const FIRST_PORT = 40_000

/** A stack on a fake machine. What it does to a node takes only virtual time. */
export class FakeStack implements Stack {
  constructor(
    private readonly machine: FakeMachine,
    readonly meta: StackMeta,
    readonly complete: boolean,
  ) {}

  async nodes(): Promise<NodeStatus[]> {
    const state = this.state()
    return entryFirst(state.topology).flatMap((spec) => {
      const node = state.nodes.get(spec.id)
      const port = spec.id === state.topology.entry.node ? state.topology.entry.port : spec.readiness.port
      const url =
        node === undefined || node.state === 'stopped'
          ? null
          : `${schemeOf(spec.readiness)}://127.0.0.1:${node.ports[port]}`
      return [
        {
          id: spec.id,
          role: spec.role,
          state: node?.state ?? 'stopped',
          url,
          handle: `fake ${node?.handle ?? 0}`,
          internalAddresses: Object.values(node?.ports ?? {}).map((number) => `127.0.0.1:${number}`),
        },
      ]
    })
  }

  async specs(): Promise<NodeSpec[]> {
    return entryFirst(this.state().topology)
  }

  async logs(node: string, tail: number): Promise<string[]> {
    return this.find(node).log.slice(-tail)
  }

  async *followLogs(node: string, signal: AbortSignal): AsyncIterable<string> {
    const { log } = this.find(node)
    for (let position = log.length; !signal.aborted; ) {
      const line = log[position]
      if (line === undefined) {
        await this.nextLine(signal)
      } else {
        position += 1
        yield line
      }
    }
  }

  async stop(node: string): Promise<void> {
    await this.end(this.noted('stop', node))
  }

  async kill(node: string): Promise<void> {
    endNow(this.noted('kill', node))
  }

  async pause(node: string): Promise<void> {
    const found = this.noted('pause', node)
    if (found.state === 'running') found.state = 'paused'
  }

  async resume(node: string): Promise<void> {
    const found = this.noted('resume', node)
    if (found.state === 'paused') found.state = 'running'
  }

  async restart(node: string): Promise<void> {
    const found = this.noted('restart', node)
    await this.end(found)
    await this.run(this.state(), found, new AbortController().signal)
  }

  async add(spec: NodeSpec): Promise<void> {
    const state = this.state()
    if (state.nodes.has(spec.id)) throw usageError(`stack ${this.meta.name} has a node ${spec.id} already`)
    this.machine.operations.push(`add ${spec.id}`)
    const before = state.topology
    state.topology = { ...before, nodes: [...before.nodes, spec] }
    try {
      await this.run(state, this.make(state, spec), new AbortController().signal)
    } catch (error) {
      state.topology = before
      state.nodes.delete(spec.id)
      throw error
    }
  }

  async remove(node: string): Promise<void> {
    const state = this.state()
    const found = this.noted('remove', node)
    if (node === state.topology.entry.node) throw usageError(`${node} is the entry and cannot be removed`)
    await this.end(found)
    state.nodes.delete(node)
    state.topology = { ...state.topology, nodes: state.topology.nodes.filter(({ id }) => id !== node) }
  }

  async reload(spec: NodeSpec): Promise<void> {
    const state = this.state()
    const found = this.noted('reload', spec.id)
    found.spec = spec
    state.topology = {
      ...state.topology,
      nodes: state.topology.nodes.map((node) => (node.id === spec.id ? spec : node)),
    }
    Object.assign(found.files, filledFiles(state, found))
    writeLog(this.machine, found, this.machine.programOf(spec).lines.reload)
  }

  async write(node: string, files: Record<string, string | null>): Promise<void> {
    const found = this.noted('write', node)
    const changes = Object.entries(files).map(([path, text]) => [inside(path), text] as const)
    for (const [path, text] of changes) {
      if (text === null) delete found.files[path]
      else found.files[path] = text
    }
  }

  async read(node: string, path: string, below: Folder = 'data'): Promise<string | null> {
    const found = this.find(node)
    return (below === 'dir' ? found.files : found.data)[inside(path)] ?? null
  }

  async usage(): Promise<NodeUsage[]> {
    const running = [...this.state().nodes.values()].filter(({ state }) => state !== 'stopped')
    return running.map((node) => {
      const { load, memoryBytes } = this.machine.programOf(node.spec)
      const seconds = (this.machine.clock.now() - node.startedAtMs) / 1_000
      return { id: node.spec.id, cpuSeconds: load * seconds, memoryBytes }
    })
  }

  async software(): Promise<Record<string, string>> {
    return { fake: '1.0.0' }
  }

  async down(): Promise<void> {
    if (!this.isThere()) return
    const { nodes } = this.state()
    await Promise.all([...nodes.values()].map((node) => this.end(node)))
    this.machine.stacks.delete(this.meta.name)
  }

  /** Like `down`, in no time. */
  discard(): void {
    if (!this.isThere()) return
    for (const node of this.state().nodes.values()) endNow(node)
    this.machine.stacks.delete(this.meta.name)
  }

  /** Gives a node its ports. @throws LabError (environment) when a published one is taken */
  make(state: FakeStackState, spec: NodeSpec): FakeNode {
    const ports: Record<string, number> = {}
    for (const name of Object.keys(spec.ports)) {
      const published = spec.publish[name]
      if (published !== undefined && this.machine.takenPorts.has(published)) {
        throw environmentError(`port ${published} is taken`, 'Choose another one with --port')
      }
      ports[name] = published ?? FIRST_PORT + this.machine.nextNumber()
    }
    const node: FakeNode = {
      spec,
      state: 'stopped',
      ports,
      files: {},
      data: {},
      log: [],
      handle: 0,
      startedAtMs: 0,
      ending: new AbortController(),
    }
    state.nodes.set(spec.id, node)
    return node
  }

  /** Starts a node and returns when it is ready. */
  async run(state: FakeStackState, node: FakeNode, signal: AbortSignal): Promise<void> {
    const { clock, programOf } = this.machine
    const { id } = node.spec
    const { readyAfterMs, exitsAfterMs, lines, keeps } = programOf(node.spec)
    const ending = new AbortController()
    const logStart = node.log.length
    Object.assign(node.files, filledFiles(state, node))
    Object.assign(node, { state: 'starting', handle: this.machine.nextNumber(), startedAtMs: clock.now(), ending })
    for (const [path, text] of Object.entries(keeps)) node.data[path] = `${node.data[path] ?? ''}${text}`
    writeLog(this.machine, node, lines.start)

    const waitMs = Math.min(readyAfterMs, exitsAfterMs, state.readyTimeoutMs)
    await clock.sleep(waitMs, AbortSignal.any([signal, ending.signal]))
    const failed = (why: string): Error => {
      endNow(node)
      return notReadyError(id, why, node.log.slice(logStart))
    }
    if (signal.aborted) throw signal.reason
    if (ending.signal.aborted) throw failed('ended before it was ready (SIGKILL)')
    if (waitMs === exitsAfterMs) throw failed('ended before it was ready (exit code 7)')
    if (waitMs < readyAfterMs) throw failed(`did not become ready within ${state.readyTimeoutMs} ms`)
    node.state = 'running'
    writeLog(this.machine, node, lines.ready)
  }

  private async end(node: FakeNode): Promise<void> {
    if (node.state === 'stopped') return
    const { deaf, lines } = this.machine.programOf(node.spec)
    writeLog(this.machine, node, lines.stop)
    if (deaf) await this.machine.clock.sleep(node.spec.stopGraceMs, node.ending.signal)
    endNow(node)
  }

  private nextLine(signal: AbortSignal): Promise<void> {
    const { logged } = this.machine
    return new Promise((resolve) => {
      const wake = (): void => {
        logged.removeEventListener('line', wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      logged.addEventListener('line', wake)
      signal.addEventListener('abort', wake)
    })
  }

  private noted(operation: string, node: string): FakeNode {
    const found = this.find(node)
    this.machine.operations.push(`${operation} ${node}`)
    return found
  }

  private isThere(): boolean {
    return this.machine.stacks.get(this.meta.name)?.meta.createdAt === this.meta.createdAt
  }

  private state(): FakeStackState {
    const state = this.machine.stacks.get(this.meta.name)
    if (state === undefined || !this.isThere()) throw environmentError(`stack ${this.meta.name} was taken down`)
    return state
  }

  private find(id: string): FakeNode {
    const { nodes, topology } = this.state()
    const node = nodes.get(id)
    if (node !== undefined) return node
    const ids = entryFirst(topology).map((spec) => spec.id)
    throw unknownValueError('node', id, ids)
  }
}

function endNow(node: FakeNode): void {
  node.state = 'stopped'
  node.ending.abort()
}

function filledFiles(state: FakeStackState, node: FakeNode): Record<string, string> {
  const portOf = (id: string, name: string): number => {
    const port = state.nodes.get(nodeOf(state.topology, id).id)?.ports[name]
    if (port === undefined) throw new Error(`${id} has no port ${name}`)
    return port
  }
  const book: AddressBook = {
    host: '127.0.0.1',
    dir: `/fake/${state.meta.name}/${node.spec.id}`,
    data: `/fake/${state.meta.name}/${node.spec.id}/data`,
    secret: (role) => `password-of-${role}`,
    port: (name) => portOf(node.spec.id, name),
    address: (id, name) => `127.0.0.1:${portOf(id, name)}`,
  }
  const files = Object.entries(node.spec.files).map(([path, text]) => [path, fillReferences(text, book)])
  return Object.fromEntries(files)
}

import { environmentError, usageError } from '../../core/errors.js'
import type { StackMeta } from '../../core/stack.js'
import type { StackRecord } from '../../core/stack-folders.js'
import { type DataServer, type NodeSpec, serverOf, type Topology } from '../../core/topology.js'
import type { Availability, Engine, UpRequest } from '../port.js'
import { startAll } from '../start-all.js'
import { listenHost } from './addresses.js'
import { sweepDrafts } from './drafts.js'
import { type ProcessHost, sharedData } from './host.js'
import { choosePorts } from './ports.js'
import { type ProcessTable, processTable } from './process-table.js'
import { lackOf, type ProgramPlaces, versionsOf } from './programs.js'
import { reservedPorts } from './reserved-ports.js'
import { removeData } from './server-processes.js'
import { describeServer, findServer, isLack } from './server-programs.js'
import { ProcessStack } from './stack.js'
import { startNode } from './start-node.js'

export interface ProcessEngineOptions extends Omit<ProcessHost, 'table'> {
  /** Where the user's own commands run. @throws LabError (environment) when that folder is gone */
  cwd: () => string
  /** How processes are read; /proc or ps unless given. */
  table?: ProcessTable
}

/** Runs nodes as plain processes of this machine, found again by the state folder. */
export function createProcessEngine(options: ProcessEngineOptions): Engine {
  const host: ProcessHost = { ...options, table: options.table ?? processTable() }
  const { folders, cwd } = options
  const path = options.env.PATH ?? ''
  const { nodesDir, nodeBinary, serverBin, servers } = options
  const places: ProgramPlaces = { nodesDir, nodeBinary, path, serverBin, cache: servers.cache }

  return {
    name: 'process',

    async available(topology): Promise<Availability> {
      if (process.platform === 'win32') {
        return { ok: false, reason: 'plain processes need Linux or macOS', fix: 'Use WSL, or --engine docker' }
      }
      const lack = await lackOf(topology, places)
      if (lack !== undefined) return { ok: false, ...lack }
      const versions = Object.entries(await versionsOf(topology, places))
      const version = versions.map(([program, number]) => `${program} ${number}`).join(', ')
      const program = dataServer(topology)
      if (program === undefined) return { ok: true, version }
      const found = await findServer(program, places)
      if (isLack(found)) return { ok: true, version, notes: [] }
      const standbys = topology.nodes.some(({ env }) => env.BORN === 'standby')
      return { ok: true, version, notes: [describeServer(program.server, found, places, standbys)] }
    },

    limitations,

    async up(request): Promise<ProcessStack> {
      request.signal.throwIfAborted()
      const begun = performance.now()
      const record = await newRecord(request)
      await folders.create(record)
      try {
        // Of a stack whose state somebody has removed by hand.
        const left = sharedData(host, record.meta.name)
        if (left !== undefined) await removeData(left, host)
        const start = async (node: NodeSpec, signal: AbortSignal): Promise<void> => {
          const began = performance.now()
          request.onEvent({ kind: 'starting', node: node.id })
          await startNode(host, record, node, signal)
          request.onEvent({ kind: 'ready', node: node.id, ms: performance.now() - began })
        }
        await startAll(request.topology.nodes, start, request.signal)
        const meta = { ...record.meta, readyMs: Math.round(performance.now() - begun) }
        await folders.save({ ...record, meta, complete: true })
        request.signal.throwIfAborted()
        return new ProcessStack(host, meta, true)
      } catch (error) {
        await new ProcessStack(host, request.meta, false).discard()
        throw error
      }
    },

    sweep: (remove) => sweepDrafts(servers.cache, host.table, remove),

    async stacks(): Promise<ProcessStack[]> {
      const entries = await folders.list()
      return entries.map((entry) =>
        'record' in entry
          ? new ProcessStack(host, entry.record.meta, entry.record.complete)
          : new ProcessStack(host, unreadableMeta(entry.name), false, entry.damage),
      )
    },
  }

  async function newRecord({ topology, meta, publishHost, readyTimeoutMs }: UpRequest): Promise<StackRecord> {
    const image = topology.nodes.find((node) => node.program.kind === 'image')
    if (image !== undefined) throw usageError(`${image.id} is an image, which needs the Docker engine`)
    const lack = await lackOf(topology, places)
    if (lack !== undefined) throw environmentError(lack.reason, lack.fix)
    const hostOf = (node: NodeSpec): string => listenHost(node, topology, publishHost)
    const ports = await choosePorts(topology.nodes, hostOf, await reservedPorts(folders))
    // A folder that is gone is missed only by a command that would run there.
    const runsCommand = topology.nodes.some(({ program }) => program.kind === 'command')
    const where = runsCommand ? cwd() : '/'
    const record = { meta, topology, complete: false, publishHost, readyTimeoutMs, cwd: where, path, ports }
    const program = dataServer(topology)
    if (program === undefined) return record
    const found = await findServer(program, places)
    return isLack(found) ? record : { ...record, serverBin: found.bin }
  }
}

/** What the data servers of a topology are, if it has any: all of one kind. */
function dataServer({ nodes }: Topology): DataServer | undefined {
  return nodes.map(serverOf).find((server) => server !== undefined)
}

function limitations(topology: Topology): string[] {
  const limited = topology.nodes.filter(({ limits }) => limits.cpus !== undefined || limits.memoryMiB !== undefined)
  if (limited.length === 0) return []
  const ids = limited.map(({ id }) => id).join(', ')
  return [`Plain processes cannot be held to CPU and memory limits: those of ${ids} are not applied.`]
}

/** Stands for the meta of a stack whose record is damaged: it can be taken down, and everything else names the file. */
function unreadableMeta(name: string): StackMeta {
  return {
    name,
    scenario: 'unknown',
    engine: 'process',
    createdAt: '',
    version: 'unknown',
    owner: 'kept',
    parameters: {},
    notes: [],
  }
}

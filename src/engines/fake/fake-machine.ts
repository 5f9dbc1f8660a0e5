import type { NodeState, StackMeta } from '../../core/stack.js'
import type { NodeSpec, Topology } from '../../core/topology.js'
import { type VirtualClock, virtualClock } from './virtual-clock.js'

/** How a made-up program behaves. */
export interface FakeProgram {
  /** From its start, in milliseconds; Infinity for a program that never becomes ready. */
  readyAfterMs: number
  /** When it ends by itself with exit code 7 instead, in milliseconds; Infinity for never. */
  exitsAfterMs: number
  /** What it logs at its start, when it is ready, on SIGTERM and on SIGHUP. */
  lines: { start: string[]; ready: string[]; stop: string[]; reload: string[] }
  /** What it adds to files of its data folder at every start. */
  keeps: Record<string, string>
  /** Ignores SIGTERM. */
  deaf: boolean
  /** Share of one processor that it uses while it runs. */
  load: number
  memoryBytes: number
}

export const DEFAULT_PROGRAM: FakeProgram = {
  readyAfterMs: 20,
  exitsAfterMs: Number.POSITIVE_INFINITY,
  lines: { start: [], ready: [], stop: [], reload: [] },
  keeps: {},
  deaf: false,
  load: 0.1,
  memoryBytes: 50 * 1_024 * 1_024,
}

export interface FakeNode {
  spec: NodeSpec
  state: NodeState
  ports: Record<string, number>
  /** What is in its folder: path to content, references filled in. */
  files: Record<string, string>
  /** What is in its data folder. */
  data: Record<string, string>
  log: string[]
  /** Counts its starts over the whole machine: stands for a process id. */
  handle: number
  startedAtMs: number
  /** Fires when the run that is on ends. */
  ending: AbortController
}

export interface FakeStackState {
  meta: StackMeta
  topology: Topology
  complete: boolean
  publishHost: string
  readyTimeoutMs: number
  /** By id. */
  nodes: Map<string, FakeNode>
}

/** What fake engines run on: a machine without processes or a network, with a clock of its own. */
export interface FakeMachine {
  readonly clock: VirtualClock
  readonly stacks: Map<string, FakeStackState>
  /** Ports that somebody else listens on. */
  readonly takenPorts: Set<number>
  /** What was done to nodes, in order: "kill api-1". */
  readonly operations: string[]
  programOf(spec: NodeSpec): FakeProgram
  /** A number that was not given before. */
  nextNumber(): number
  /** Fires whenever a node has logged a line. */
  readonly logged: EventTarget
}

/**
 * @param options.clock goes by itself unless given
 * @param options.programOf what differs from DEFAULT_PROGRAM for a node
 */
export function fakeMachine(
  options: { clock?: VirtualClock; programOf?: (spec: NodeSpec) => Partial<FakeProgram> } = {},
): FakeMachine {
  let number = 0
  return {
    clock: options.clock ?? virtualClock({ auto: true }),
    stacks: new Map(),
    takenPorts: new Set(),
    operations: [],
    programOf: (spec) => ({ ...DEFAULT_PROGRAM, ...options.programOf?.(spec) }),
    nextNumber() {
      number += 1
      return number
    },
    logged: new EventTarget(),
  }
}

/** The node of any stack that listens at "host:port", if it runs. */
export function fakeNodeAt(machine: FakeMachine, address: string): FakeNode | undefined {
  const port = Number(address.split(':').at(-1))
  return [...machine.stacks.values()]
    .flatMap((stack) => [...stack.nodes.values()])
    .find((node) => node.state === 'running' && Object.values(node.ports).includes(port))
}

/** Adds lines to a node's log, as its program would. */
export function writeLog(machine: FakeMachine, node: FakeNode, lines: readonly string[]): void {
  if (lines.length === 0) return
  node.log.push(...lines)
  machine.logged.dispatchEvent(new Event('line'))
}

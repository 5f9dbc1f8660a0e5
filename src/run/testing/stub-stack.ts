import type { ActedOn } from '../../actions/port.js'
import { stackParametersSchema } from '../../core/parameters.js'
import type { NodeStatus, NodeUsage } from '../../core/stack.js'
import type { Stack } from '../../engines/port.js'

/** A stack of nodes that are only said to run; it remembers what was done to them, as "kill api-1". */
export interface StubStack extends Stack {
  readonly calls: string[]
}

/**
 * @param ids the nodes, the entry first
 * @param override operations that do something else, `usage` and `nodes` included
 */
export function stubStack(ids: readonly string[], override: Partial<Stack> = {}): StubStack {
  const calls: string[] = []
  const states = new Map<string, NodeStatus['state']>()
  const done =
    (what: string, state: NodeStatus['state']) =>
    async (node: string): Promise<void> => {
      calls.push(`${what} ${node}`)
      states.set(node, state)
    }
  const unused = (): never => {
    throw new Error('a run has no use for this')
  }
  return {
    calls,
    meta: {
      name: 'stub',
      scenario: 'stub',
      engine: 'fake',
      createdAt: '2026-11-20T10:15:00.000Z',
      version: '0.1.0',
      owner: 'kept',
      parameters: {},
      notes: [],
    },
    complete: true,
    nodes: async () => ids.map((id, index) => ({ ...nodeStatus(id, index), state: states.get(id) ?? 'running' })),
    specs: unused,
    logs: unused,
    followLogs: unused,
    stop: done('stop', 'stopped'),
    kill: done('kill', 'stopped'),
    pause: done('pause', 'paused'),
    resume: done('resume', 'running'),
    restart: done('restart', 'running'),
    add: unused,
    remove: unused,
    reload: unused,
    write: unused,
    read: unused,
    usage: async (): Promise<NodeUsage[]> => [],
    software: unused,
    down: unused,
    ...override,
  }
}

/** A stack as actions see it, whose balancer heeds what it is told. */
export function stubActedOn(stack: Stack): ActedOn {
  return {
    stack,
    parameters: stackParametersSchema.parse({ kind: 'balanced', replicas: 2, balancer: 'builtin' }),
    touched: new Set(),
    requestsReach: async () => ({ missing: [], left: [] }),
    signal: new AbortController().signal,
  }
}

/** A node that runs, the n-th of its stack; the balancer of these tests sees it at 127.0.0.1:2000n. */
export function nodeStatus(id: string, index: number): NodeStatus {
  return {
    id,
    role: id.startsWith('api') ? 'api' : 'balancer',
    state: 'running',
    url: `http://127.0.0.1:2000${index}`,
    handle: `pid ${index}`,
    internalAddresses: [`127.0.0.1:2000${index}`],
  }
}

import { freemem } from 'node:os'
import { environmentError, usageError } from '../../core/errors.js'
import type { StackMeta } from '../../core/stack.js'
import { serverOf, type Topology } from '../../core/topology.js'
import type { Stack, UpEvent } from '../../engines/port.js'
import { withLock } from '../../store/lock.js'
import type { LabContext } from '../context.js'
import type { Decision } from './engine-choice.js'
import { thawForgotten } from './forgotten-faults.js'
import { listenOn } from './host.js'
import { findStacks } from './running-stacks.js'

/** How long a node may take to become ready unless told, in milliseconds. */
const READY_TIMEOUT_MS = 30_000

/** How a stack is brought up, beside what it is. */
export interface StartOptions {
  /** Address or name to listen on; unless told this machine alone. */
  host?: string | undefined
  readyTimeoutMs?: number | undefined
}

export interface StartRequest {
  lab: LabContext
  name: string
  scenario: string
  scenarioFile: string | undefined
  decision: Decision
  start: StartOptions
  owner: StackMeta['owner']
  onEvent: (event: UpEvent) => void
}

/**
 * Brings a stack up under its lock; all of it, or nothing and an error.
 * @returns the stack, or the one of that name that already runs with the same parameters
 */
export async function startStack(request: StartRequest): Promise<{ stack: Stack; already: boolean }> {
  const { lab, name, decision, start } = request
  return withLock(lab.stateDir, name, async () => {
    const running = await runningStack(request)
    if (running !== undefined) return { stack: running, already: true }
    // Where the containers of the other engine run is not always here.
    if (decision.engine.name === 'process') refuseWithoutMemory(decision.topology, freemem())
    const stack = await decision.engine.up({
      topology: decision.topology,
      meta: {
        name,
        scenario: request.scenario,
        ...(request.scenarioFile === undefined ? {} : { scenarioFile: request.scenarioFile }),
        engine: decision.engine.name,
        createdAt: new Date().toISOString(),
        version: lab.version,
        owner: request.owner,
        parameters: decision.parameters,
        notes: decision.notes,
      },
      publishHost: listenOn(start.host, decision.engine.name !== 'docker'),
      readyTimeoutMs: start.readyTimeoutMs ?? READY_TIMEOUT_MS,
      signal: lab.signal,
      onEvent: request.onEvent,
    })
    return { stack, already: false }
  })
}

/** What a PostgreSQL server takes under load, with twenty connections: measured as 114 MiB, and rounded up. */
const SERVER_BYTES = 120 * 2 ** 20

/**
 * Servers that do not fit into memory would start, and be killed under load.
 * @param free that can be had without swapping, in bytes
 * @throws LabError (usage)
 */
export function refuseWithoutMemory({ nodes }: Pick<Topology, 'nodes'>, free: number): void {
  const servers = nodes.flatMap((node) => serverOf(node) ?? [])
  const needed = servers.length * SERVER_BYTES
  if (needed <= free) return
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`
  throw usageError(
    `${servers.length} ${servers[0]?.server.title} servers need about ${gib(needed)} of memory, and ${gib(free)} are free`,
    `At most ${Math.floor(free / SERVER_BYTES)} would fit`,
  )
}

/** The stack of this name if it runs whole and as asked; an error if it is anything else. */
async function runningStack({ lab, name, decision }: StartRequest): Promise<Stack | undefined> {
  const { stacks } = await findStacks(await lab.allEngines())
  const stack = stacks.find((candidate) => candidate.meta.name === name)
  if (stack === undefined) return undefined
  if (stack.damage !== undefined) {
    throw environmentError(stack.damage.message, `Remove it first: scalelab down ${name}`)
  }
  if (!stack.complete) {
    throw environmentError(
      `a stack ${name} is half there: its start was cut off`,
      `Remove it first: scalelab down ${name}`,
    )
  }
  const asked = JSON.stringify(decision.parameters)
  if (stack.meta.engine !== decision.engine.name || JSON.stringify(stack.meta.parameters) !== asked) {
    throw usageError(
      `a stack ${name} is already running with other settings`,
      `Take it down first: scalelab down ${name}\nOr give the new one a name of its own: --name ${name}-b`,
    )
  }
  await thawForgotten(lab, stack)
  const stopped = (await stack.nodes()).filter(({ state, headless }) => state === 'stopped' || headless === true)
  // Databases first: an API instance is ready when they are.
  for (const node of stopped.toSorted((a, b) => Number(b.role === 'database') - Number(a.role === 'database'))) {
    await stack.restart(node.id)
    lab.listener.remark(`${node.id} had ended and was started again.`)
  }
  return stack
}

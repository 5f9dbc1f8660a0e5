import { freemem } from 'node:os'
import { environmentError, usageError } from '../core/errors.js'
import type { StackMeta } from '../core/stack.js'
import type { Topology } from '../core/topology.js'
import { parseDuration } from '../core/units.js'
import type { Stack, UpEvent } from '../engines/port.js'
import { withLock } from '../store/lock.js'
import type { Decision } from './engine-choice.js'
import { thawForgotten } from './forgotten-faults.js'
import { listenOn } from './host-option.js'
import type { Lab } from './lab.js'
import { findStacks } from './running-stacks.js'
import type { StackOptions } from './stack-options.js'

/** How long a node may take to become ready unless told. */
const READY_TIMEOUT = '30s'

export interface StartRequest {
  lab: Lab
  name: string
  scenario: string
  scenarioFile: string | undefined
  decision: Decision
  owner: StackMeta['owner']
  options: StackOptions
  onEvent: (event: UpEvent) => void
}

/**
 * Brings a stack up under its lock; all of it, or nothing and an error.
 * @returns the stack, or the one of that name that already runs with the same parameters
 */
export async function startStack(request: StartRequest): Promise<{ stack: Stack; already: boolean }> {
  const { lab, name, decision, options } = request
  return withLock(lab.os.stateDir, name, async () => {
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
        version: lab.os.version,
        owner: request.owner,
        parameters: decision.parameters,
        notes: decision.notes,
      },
      publishHost: listenOn(options.host, decision.engine.name !== 'docker'),
      readyTimeoutMs: parseDuration(options.readyTimeout ?? READY_TIMEOUT, '--ready-timeout'),
      signal: lab.os.signal,
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
  const servers = nodes.filter(({ program }) => program.kind === 'postgres').length
  if (servers * SERVER_BYTES <= free) return
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`
  throw usageError(
    `${servers} PostgreSQL servers need about ${gib(servers * SERVER_BYTES)} of memory, and ${gib(free)} are free`,
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
    lab.remark(`${node.id} had ended and was started again.`)
  }
  return stack
}

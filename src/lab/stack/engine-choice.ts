import { environmentError, usageError } from '../../core/errors.js'
import type { StackParameters } from '../../core/parameters.js'
import type { Topology } from '../../core/topology.js'
import type { Availability, Engine } from '../../engines/port.js'
import type { BalancerPart } from '../../parts/port.js'
import { AUTO_BALANCERS } from '../../parts/registry.js'
import { withBalancer } from '../../topologies/balanced.js'
import { topologyOf } from '../../topologies/topology.js'
import type { Engines } from '../context.js'

/** What runs the stack, decided: engine, balancer, and what a reader should know about the decisions. */
export interface Decision {
  engine: Engine
  parameters: StackParameters
  topology: Topology
  /** Why this engine and this balancer, and what the engine cannot do. One sentence each. */
  notes: string[]
}

export const ENGINE_CHOICES = ['auto', 'docker', 'process'] as const
export type EngineChoice = (typeof ENGINE_CHOICES)[number]

/**
 * Decides engine and balancer. `auto` takes Docker when it answers and has (or can pull) the images, else processes;
 * the balancer `auto` is nginx where there is one, else the built-in one.
 * @throws LabError (environment) when what was asked for cannot be had, (usage) when it contradicts itself
 */
export async function decide(
  requested: EngineChoice,
  parameters: StackParameters,
  engines: Engines,
  signal: AbortSignal,
): Promise<Decision> {
  const { app } = parameters
  if (app !== null && 'command' in app && requested === 'docker') {
    throw usageError(
      '--app runs a command, which needs the process engine',
      'Use --engine process, or --app-image with an image',
    )
  }
  if (app !== null && 'image' in app && requested === 'process') {
    throw usageError(
      '--app-image runs an image, which needs the Docker engine',
      'Use --engine docker, or --app with a command',
    )
  }
  if (requested === 'docker' || (app !== null && 'image' in app)) {
    const docker = decision(engines.docker, parameters, AUTO_BALANCERS.preferred, [])
    const availability = await engines.docker.available(docker.topology, signal)
    require(availability, 'Docker')
    return withPrograms(docker, availability)
  }
  if (requested === 'process') return onProcesses(parameters, engines, signal, [])
  if (app !== null) {
    return onProcesses(parameters, engines, signal, ['Engine: process, because --app runs a command.'])
  }
  const docker = decision(engines.docker, parameters, AUTO_BALANCERS.preferred, [])
  const availability = await engines.docker.available(docker.topology, signal)
  if (availability.ok) {
    const why = `Engine: docker, because Docker ${availability.version} answers and has the images.`
    return withPrograms({ ...docker, notes: [why, ...docker.notes] }, availability)
  }
  return onProcesses(parameters, engines, signal, [`Engine: process, because ${availability.reason}.`])
}

async function onProcesses(
  parameters: StackParameters,
  engines: Engines,
  signal: AbortSignal,
  notes: string[],
): Promise<Decision> {
  const engine = engines.process
  const preferred = decision(engine, parameters, AUTO_BALANCERS.preferred, notes)
  const availability = await engine.available(preferred.topology, signal)
  if (availability.ok) return withPrograms(preferred, availability)
  if (parameters.kind !== 'single' && parameters.balancer === 'auto') {
    const { otherwise } = AUTO_BALANCERS
    const builtin = decision(engine, parameters, otherwise, [
      ...notes,
      `Balancer: built-in, because ${availability.reason} (${availability.fix}).`,
    ])
    const second = await engine.available(builtin.topology, signal)
    require(second, 'the process engine')
    return withPrograms(builtin, second)
  }
  require(availability, 'the process engine')
  return preferred
}

/** The decision with 'auto' resolved to the given balancer. */
function decision(engine: Engine, parameters: StackParameters, auto: BalancerPart, notes: readonly string[]): Decision {
  const decided = withBalancer(parameters, auto)
  const topology = topologyOf(decided)
  return { engine, parameters: decided, topology, notes: [...notes, ...engine.limitations(topology)] }
}

/** The decision with what its engine says of the programs that it would run. */
function withPrograms(decision: Decision, availability: Availability): Decision {
  const programs = availability.ok ? (availability.notes ?? []) : []
  return { ...decision, notes: [...decision.notes, ...programs] }
}

function require(availability: Availability, what: string): void {
  if (!availability.ok) throw environmentError(`${what} cannot run this: ${availability.reason}`, availability.fix)
}

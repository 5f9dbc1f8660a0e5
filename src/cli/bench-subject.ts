import { usageError } from '../core/errors.js'
import { stackParametersSchema } from '../core/parameters.js'
import type { LoadSection } from '../core/scenario.js'
import { loadSectionSchema, withReplicas, withShards } from '../core/scenario.js'
import { aboutScenario, type Subject, usualPath } from '../lab/measure/subject.js'
import { decide } from '../lab/stack/engine-choice.js'
import { thawForgotten } from '../lab/stack/forgotten-faults.js'
import { theStack } from '../lab/stack/running-stacks.js'
import { shardingNow } from '../lab/stack/shard-views.js'
import { findScenario, isScenarioFile } from '../store/scenario-files.js'
import { withReplicaCount } from '../topologies/api-nodes.js'
import type { Lab } from './lab.js'
import { applyLoadOptions, type LoadOptions } from './load-options.js'
import { requestOf } from './request-options.js'
import { requestedEngine, type StackOptions, startOptions } from './stack-options.js'
import { applyStackOptions } from './stack-parameters.js'
import { parseTargetUrl } from './target-url.js'
import { type TimelineOptions, timelineOf } from './timeline-options.js'
import { keyspaceOf } from './workload-options.js'

/** A scenario that is brought up for this bench. @param names all that this bench compares */
export async function subjectOfScenario(
  lab: Lab,
  name: string,
  names: readonly string[],
  options: StackOptions & LoadOptions & TimelineOptions,
): Promise<Subject> {
  const scenario = await findScenario(name, lab.scenariosDir)
  // `bench single lb-3 --strategy least-conn`: balancing flags are for those that have a balancer.
  const several = names.length > 1
  const own = several && scenario.topology.kind === 'single' ? withoutBalancing(options) : options
  const parameters = applyStackOptions(scenario.topology, own)
  const requested = requestedEngine(options)
  const load = applyLoadOptions(scenario.load, options, keyspaceOf(parameters))
  const request = await requestOf(lab.os, options, { path: usualPath(parameters), load })
  const decision = await decide(requested, parameters, await lab.engines(options), lab.signal)
  return {
    title: `${scenario.name} on the ${decision.engine.name} engine`,
    ...aboutScenario(scenario, decision.parameters, load),
    scenarioFile: isScenarioFile(name) ? name : undefined,
    load,
    timeline: timelineOf(options, scenario),
    request,
    system: { kind: 'start', decision, start: startOptions(options) },
  }
}

/** The stack that runs already. */
export async function subjectOfStack(
  lab: Lab,
  name: string | undefined,
  options: LoadOptions & TimelineOptions,
): Promise<Subject> {
  const stack = await theStack(await lab.allEngines(), name)
  await thawForgotten(lab, stack)
  const { scenarioFile } = stack.meta
  // As it is now, not as it was brought up: `scale` and `reshard` may have changed it.
  const replicas = (await stack.nodes()).filter((node) => node.role === 'api').length
  const begun = withReplicaCount(stackParametersSchema.parse(stack.meta.parameters), replicas)
  const sharding = begun.sharding && (await shardingNow(lab, stack, begun.sharding))
  const parameters = { ...begun, sharding }
  const found = await findScenario(scenarioFile ?? stack.meta.scenario, lab.scenariosDir)
  const scaled = withReplicas(found, nameWith('lb', found.name, replicas), replicas)
  const scenario =
    sharding === null ? scaled : withShards(scaled, nameWith('shard', scaled.name, sharding.shards), sharding.shards)
  const load = applyLoadOptions(scenario.load, options, keyspaceOf(parameters))
  return {
    title: `${stack.meta.name} on the ${stack.meta.engine} engine`,
    ...aboutScenario(scenario, parameters, load),
    scenarioFile,
    load,
    timeline: timelineOf(options, scenario),
    request: await requestOf(lab.os, options, { path: usualPath(parameters), load }),
    system: { kind: 'stack', stack },
  }
}

/** "lb-3" with 5 replicas is "lb-5"; names outside of the family say nothing of a number. */
function nameWith(family: string, name: string, count: number): string {
  return name.replace(new RegExp(`^(${family}(?:-scaling)?)-\\d+$`), `$1-${count}`)
}

/** A system that scalelab knows nothing of but its address. */
export async function subjectOfUrl(
  lab: Lab,
  text: string,
  options: LoadOptions & TimelineOptions & { insecure?: boolean },
): Promise<Subject> {
  const { origin, path, credentials } = parseTargetUrl(text)
  const { host, protocol } = new URL(origin)
  if (options.insecure === true && protocol === 'http:') {
    throw usageError('--insecure is about the certificates of https, and --url is http', 'Leave it out')
  }
  const other = (['path', 'mix'] as const).find((name) => options[name] !== undefined)
  if (other !== undefined && path !== '/') {
    throw usageError(`--${other} and the path of --url exclude each other`, `Give one of them: --url ${origin}/`)
  }
  const acting = (['at', 'fault'] as const).find((name) => options[name] !== undefined)
  if (acting !== undefined) throw usageError(`--${acting} needs a stack, and --url has none`)
  if (options.rps === undefined && options.stages === undefined && options.max !== true) {
    throw usageError('--url needs a load', 'Add --rps 200, --stages 10s:100,10s:200, or --max')
  }
  const section: LoadSection = loadSectionSchema.parse({ mode: 'closed' })
  // Whether it speaks the sample API only its owner knows.
  const load = applyLoadOptions(section, options, { rows: null })
  return {
    title: origin,
    scenario: `url-${host.replaceAll(/[^a-zA-Z0-9]+/g, '-')}`,
    question: `How does ${origin} answer this load?`,
    reading: null,
    parameters: null,
    work: 'a system that was already running: what a request costs it is unknown',
    load,
    timeline: [],
    expectations: [],
    instances: [],
    request: await requestOf(lab.os, options, { path, load, credentials }),
    system: { kind: 'url', origin, insecure: options.insecure === true },
  }
}

function withoutBalancing(options: StackOptions & LoadOptions): StackOptions & LoadOptions {
  const { strategy: _strategy, weights: _weights, balancer: _balancer, ...rest } = options
  return rest
}

import { usageError } from '../core/errors.js'
import type { Load } from '../core/load.js'
import {
  type ShardingParameters,
  type StackParameters,
  stackParametersSchema,
  weightsOf,
  workOf,
} from '../core/parameters.js'
import type { Expectation, LoadSection, Scenario } from '../core/scenario.js'
import { loadSectionSchema, withReplicas, withShards } from '../core/scenario.js'
import { describeWork } from '../core/work.js'
import type { Stack } from '../engines/port.js'
import type { LoadTarget, RequestTemplate } from '../load/port.js'
import { findScenario, isScenarioFile } from '../store/scenario-files.js'
import { apiServers, withReplicaCount } from '../topologies/api-nodes.js'
import { type Decision, decide } from './engine-choice.js'
import { thawForgotten } from './forgotten-faults.js'
import type { Lab } from './lab.js'
import { applyLoadOptions, type LoadOptions } from './load-options.js'
import { requestOf } from './request-options.js'
import { theStack } from './running-stacks.js'
import { shardingNow } from './shard-views.js'
import { requestedEngine, type StackOptions } from './stack-options.js'
import { applyStackOptions } from './stack-parameters.js'
import { parseTargetUrl } from './target-url.js'
import { keyspaceOf } from './workload-options.js'

/** What a bench measures, decided before anything is started. */
export interface BenchSubject {
  /** "lb-3 on the process engine", for headings. */
  title: string
  scenario: string
  /** Where the scenario is not a built-in one: its file, as it was given. */
  scenarioFile?: string | undefined
  question: string
  reading: string | null
  parameters: StackParameters | null
  work: string
  load: Load
  expectations: Expectation[]
  instances: { id: string; weight: number }[]
  request: RequestTemplate
  /** Where the system is: to be brought up, running under scalelab, or just an address. */
  system:
    | { kind: 'start'; decision: Decision }
    | { kind: 'stack'; stack: Stack }
    | { kind: 'url'; origin: string; insecure: boolean }
}

/** A scenario that is brought up for this bench. @param names all that this bench compares */
export async function subjectOfScenario(
  lab: Lab,
  name: string,
  names: readonly string[],
  options: StackOptions & LoadOptions,
): Promise<BenchSubject> {
  const scenario = await findScenario(name, lab.scenariosDir)
  // `bench single lb-3 --strategy least-conn`: balancing flags are for those that have a balancer.
  const several = names.length > 1
  const own = several && scenario.topology.kind === 'single' ? withoutBalancing(options) : options
  const parameters = applyStackOptions(scenario.topology, own)
  const requested = requestedEngine(options)
  const load = applyLoadOptions(scenario.load, options, keyspaceOf(parameters))
  const request = await requestOf(lab.os, options, { path: usualPath(parameters), load })
  const decision = await decide(requested, parameters, await lab.engines(options), lab.os.signal)
  return {
    title: `${scenario.name} on the ${decision.engine.name} engine`,
    ...aboutScenario(scenario, decision.parameters, load),
    scenarioFile: isScenarioFile(name) ? name : undefined,
    load,
    request,
    system: { kind: 'start', decision },
  }
}

/** The stack that runs already. */
export async function subjectOfStack(lab: Lab, name: string | undefined, options: LoadOptions): Promise<BenchSubject> {
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
  options: LoadOptions & { insecure?: boolean },
): Promise<BenchSubject> {
  const { origin, path, credentials } = parseTargetUrl(text)
  const { host, protocol } = new URL(origin)
  if (options.insecure === true && protocol === 'http:') {
    throw usageError('--insecure is about the certificates of https, and --url is http', 'Leave it out')
  }
  const other = (['path', 'mix'] as const).find((name) => options[name] !== undefined)
  if (other !== undefined && path !== '/') {
    throw usageError(`--${other} and the path of --url exclude each other`, `Give one of them: --url ${origin}/`)
  }
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
    expectations: [],
    instances: [],
    request: await requestOf(lab.os, options, { path, load, credentials }),
    system: { kind: 'url', origin, insecure: options.insecure === true },
  }
}

function aboutScenario(
  scenario: Scenario,
  parameters: StackParameters,
  load: Load,
): Pick<BenchSubject, 'scenario' | 'question' | 'reading' | 'parameters' | 'work' | 'expectations' | 'instances'> {
  return {
    scenario: scenario.name,
    question: scenario.question.trim(),
    // Written for the scenario's own kind of load: of another one it would say what is not so.
    reading: load.mode === scenario.load.mode ? (scenario.reading?.trim() ?? null) : null,
    parameters,
    work: describeCost(parameters),
    expectations: scenario.expect.filter((expectation) => stillApplies(expectation, scenario.topology, parameters)),
    instances: apiServers({
      ...parameters,
      weights: parameters.strategy === 'round-robin' ? null : weightsOf(parameters),
    }),
  }
}

/** What a request costs, in words: every figure says which kind of work was measured. */
export function describeCost(parameters: StackParameters): string {
  const work = workOf(parameters)
  if (work === null) return 'your own application: what a request costs it is unknown'
  const { database, sharding } = parameters
  if (database === null && sharding === null) return describeWork(work)
  const databaseWork = sharding === null ? readCost(database) : keyCost(sharding)
  return work.kind === 'none' ? databaseWork : `${describeWork(work)}; then ${databaseWork}`
}

function readCost(database: StackParameters['database']): string {
  if (database === null || database.query_ms === 0) return 'real database work'
  const { query_ms: ms, pool } = database
  return `real database work, and a stated capacity: each read holds a connection for ${ms} ms, and each API instance has ${pool} to each server`
}

function keyCost({ query_ms: ms, pool }: ShardingParameters): string {
  if (ms === 0) return 'real database work'
  return `real database work, and a stated capacity: each request on a key holds a connection for ${ms} ms, and each API instance has ${pool} to each shard`
}

/** A claim about a topology says nothing of another one: what flags changed, the claims of the file do not cover. */
function stillApplies(expectation: Expectation, asked: StackParameters, actual: StackParameters): boolean {
  if (expectation.metric.startsWith('distribution.')) return asked.strategy === actual.strategy
  const same = (key: keyof StackParameters): boolean => JSON.stringify(asked[key]) === JSON.stringify(actual[key])
  return (
    same('work') &&
    same('app') &&
    same('replicas') &&
    sameReading(asked.database, actual.database) &&
    sameShards(asked.sharding, actual.sharding)
  )
}

/** Whether shards can serve as much. Their number is in the scenario, and claims that hang on a scheme name it. */
function sameShards(asked: StackParameters['sharding'], actual: StackParameters['sharding']): boolean {
  const keys = ['query_ms', 'pool', 'cpus'] as const
  return keys.every((key) => asked?.[key] === actual?.[key])
}

/** Whether two databases are read alike: where, and how fast. Claims about replication hold whatever the durability. */
function sameReading(asked: StackParameters['database'], actual: StackParameters['database']): boolean {
  const keys = ['reads', 'query_ms', 'pool', 'apply_delay_ms', 'cpus'] as const
  return keys.every((key) => asked?.[key] === actual?.[key])
}

function withoutBalancing(options: StackOptions & LoadOptions): StackOptions & LoadOptions {
  const { strategy: _strategy, weights: _weights, balancer: _balancer, ...rest } = options
  return rest
}

function usualPath({ app }: StackParameters): string {
  return app === null ? '/api/products' : '/'
}

/** The target of a subject at an address. */
export function targetAt(origin: string, subject: BenchSubject): LoadTarget {
  const { system } = subject
  const insecure = system.kind === 'url' && system.insecure
  return { origin, ...(insecure ? { insecure } : {}), requests: [subject.request] }
}

import type { PlannedAction } from '../../actions/port.js'
import type { Load } from '../../core/load.js'
import { type ShardingParameters, type StackParameters, weightsOf, workOf } from '../../core/parameters.js'
import type { Expectation, Scenario } from '../../core/scenario.js'
import { describeWork } from '../../core/work.js'
import type { Stack } from '../../engines/port.js'
import type { LoadTarget, RequestTemplate } from '../../load/port.js'
import { apiServers } from '../../topologies/api-nodes.js'
import type { Decision } from '../stack/engine-choice.js'
import type { StartOptions } from '../stack/start-stack.js'

/** What a run measures, decided before anything is started. */
export interface Subject {
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
  /** What is done to the stack while the load runs. */
  timeline: PlannedAction[]
  expectations: Expectation[]
  instances: { id: string; weight: number }[]
  request: RequestTemplate
  /** Where the system is: to be brought up, running under scalelab, or just an address. */
  system:
    | { kind: 'start'; decision: Decision; start: StartOptions }
    | { kind: 'stack'; stack: Stack }
    | { kind: 'url'; origin: string; insecure: boolean }
}

/** What is known of a subject by its scenario, laid out with these parameters under this load. */
export function aboutScenario(
  scenario: Scenario,
  parameters: StackParameters,
  load: Load,
): Pick<Subject, 'scenario' | 'question' | 'reading' | 'parameters' | 'work' | 'expectations' | 'instances'> {
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

/** What is requested of a stack unless told. */
export function usualPath({ app }: StackParameters): string {
  return app === null ? '/api/products' : '/'
}

/** The target of a subject at an address. */
export function targetAt(origin: string, subject: Subject): LoadTarget {
  const { system } = subject
  const insecure = system.kind === 'url' && system.insecure
  return { origin, ...(insecure ? { insecure } : {}), requests: [subject.request] }
}

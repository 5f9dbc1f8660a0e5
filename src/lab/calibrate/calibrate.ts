import { availableParallelism } from 'node:os'
import { CALIBRATION_SCHEMA, type Calibration, type Drive } from '../../core/calibration.js'
import { environmentError, runError } from '../../core/errors.js'
import type { StackParameters } from '../../core/parameters.js'
import { stackParametersSchema } from '../../core/parameters.js'
import { formatDuration } from '../../core/units.js'
import type { Stack } from '../../engines/port.js'
import type { LoadTarget } from '../../load/port.js'
import { AUTO_BALANCERS } from '../../parts/registry.js'
import { withLock } from '../../store/lock.js'
import { topologyOf } from '../../topologies/topology.js'
import type { LabContext } from '../context.js'
import { decide } from '../stack/engine-choice.js'
import { startStack } from '../stack/start-stack.js'
import { thisMachine } from './machine.js'

/** Rates between which the limit is searched, in requests/s. */
const RANGE = { from: 500, most: 200_000 }
/** As an open loop has unless told. */
const CONNECTIONS = 100
/** A search on a quiet machine takes about so many climbs, which start a generator each, and steps in all. */
const CLIMBS = 5
const STEPS = 24
const START_MS = 350
/** Of the whole time: idle timers, and slices of work. */
const QUIET_SHARE = 0.1
const SLICE_MS = 10
const SHORTEST_STEP_MS = 100
/** On a busy machine the ways up are tried again, for at most so many times as long. */
const OVERTIME = 1.5

/** What is driven, in the order in which it is. */
interface Course {
  drive: Drive['drive']
  server: string
  generators: number
  target: LoadTarget
}

/**
 * Measures what this machine can drive, with the generator that runs use, on a stack of its own: how quiet it is, then the
 * highest rate that one generator (and as many as would be taken) sends on schedule to the cheapest server there is, that an
 * instance without work answers, and that a balancer passes on. What it started is taken down whatever happens.
 * @param durationMs how long it should take, about
 * @throws LabError (environment) without a server to drive, (run failed) when the machine is too busy to hold any rate; the
 * reason of the signal when it fires
 */
export async function calibrate(
  lab: LabContext,
  durationMs: number,
  onProgress: (text: string) => void,
): Promise<Calibration> {
  return withLock(lab.stateDir, 'calibration', async () => {
    const startedAt = performance.now()
    const { signal } = lab
    const { evenness, idleTimers } = await import('../../probes/quiet.js')
    onProgress('how quiet the machine is')
    const quietMs = (durationMs * QUIET_SHARE) / 2
    const { timers, steal, others } = await idleTimers(quietMs, signal)
    const even = await evenness(Math.max(20, Math.round(quietMs / SLICE_MS)), signal)
    const stack = await startServers(lab)
    try {
      const drives = await driveAll(lab, await coursesOf(stack), durationMs * (1 - QUIET_SHARE), onProgress)
      return {
        schema: CALIBRATION_SCHEMA,
        measured_at: new Date().toISOString(),
        took_ms: Math.round(performance.now() - startedAt),
        scalelab: lab.version,
        machine: await thisMachine(),
        drives,
        timers,
        noise: { ...even, steal, others },
      }
    } finally {
      await stack.down()
    }
  })
}

/** The one whose cost is measured. */
const BALANCER = AUTO_BALANCERS.preferred

/** An instance that does no work, behind the preferred balancer where there is one. */
async function startServers(lab: LabContext): Promise<Stack> {
  const engines = await lab.engines()
  const behind = parametersOf(BALANCER.name)
  const { ok } = await engines.process.available(topologyOf(behind), lab.signal)
  const decision = await decide('process', ok ? behind : parametersOf(null), engines, lab.signal)
  const identity = await lab.identity.of(lab.pid)
  if (identity === undefined) throw environmentError('this process cannot be identified', 'Is /proc mounted?')
  const { stack } = await startStack({
    lab,
    name: `calibration-${lab.pid}`,
    scenario: 'calibration',
    scenarioFile: undefined,
    decision,
    start: {},
    owner: { pid: lab.pid, identity },
    onEvent: () => undefined,
  })
  return stack
}

function parametersOf(balancer: string | null): StackParameters {
  const work = { kind: 'none' as const }
  return balancer === null
    ? stackParametersSchema.parse({ kind: 'single', work })
    : stackParametersSchema.parse({ kind: 'balanced', replicas: 1, balancer, work })
}

/** A balancer answers its own status page from memory: there is no cheaper server. */
async function coursesOf(stack: Stack): Promise<Course[]> {
  const nodes = await stack.nodes()
  const { generatorCount } = await import('../../load/child-process-generator.js')
  const urlOf = (role: string): string | null => nodes.find((node) => node.role === role)?.url ?? null
  const [balancer, api] = [urlOf('balancer'), urlOf('api')]
  if (api === null) throw environmentError('the instance to drive does not run')
  const at = (origin: string, path: string): LoadTarget => ({
    origin,
    requests: [{ method: 'GET', path, headers: [] }],
  })
  const direct = at(api, '/api/products')
  const cheapest =
    balancer === null
      ? { server: 'the sample API, which does no work', target: direct }
      : { server: `${BALANCER.words}, answering by itself`, target: at(balancer, BALANCER.status) }
  // As many as a run takes by itself at most.
  const most = generatorCount(
    {
      mode: 'open',
      arrival: 'uniform',
      stages: [{ durationMs: 1_000, rps: RANGE.most }],
      warmupMs: 0,
      connections: CONNECTIONS,
      timeoutMs: 1_000,
      generators: 'auto',
      clients: 0,
      seed: 1,
      workload: null,
    },
    availableParallelism(),
  )
  return [
    { drive: 'generator', generators: 1, ...cheapest },
    ...(most > 1 ? [{ drive: 'generator' as const, generators: most, ...cheapest }] : []),
    ...(balancer === null
      ? []
      : [
          {
            drive: 'api' as const,
            generators: 1,
            server: 'the sample API, which does no work',
            target: direct,
          },
          {
            drive: 'balancer' as const,
            generators: 1,
            server: `the same API, through ${BALANCER.words}`,
            target: at(balancer, '/api/products'),
          },
        ]),
  ]
}

async function driveAll(
  lab: LabContext,
  courses: readonly Course[],
  durationMs: number,
  onProgress: (text: string) => void,
): Promise<Drive[]> {
  const [{ climb }, { highestHeld }] = await Promise.all([
    import('../../run/climb.js'),
    import('../../run/step-search.js'),
  ])
  const generator = await lab.generator()
  const stepMs = Math.max(SHORTEST_STEP_MS, Math.round((durationMs / courses.length - CLIMBS * START_MS) / STEPS))
  const drives: Drive[] = []
  for (const { drive, server, generators, target } of courses) {
    onProgress(`${generators === 1 ? '1 generator' : `${generators} generators`} against ${server}`)
    const input = { generator, target, generators, connections: CONNECTIONS, stepMs }
    const end = performance.now() + (OVERTIME * durationMs) / courses.length
    const found = await highestHeld(
      (rates) => climb({ ...input, signal: lab.signal }, rates),
      RANGE,
      () => performance.now() > end,
    )
    if (found === null) {
      throw runError(
        `not even ${RANGE.from} requests/s could be sent on schedule for ${formatDuration(stepMs)} to ${server}`,
        'Stop what else runs on this machine (scalelab ps, top) and calibrate again',
      )
    }
    drives.push({ drive, server, generators, ...found })
  }
  return drives
}

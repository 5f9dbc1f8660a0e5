import type { Load, Workload } from '../../core/load.js'
import type { RunRecord } from '../../core/record.js'
import type { Sample } from '../../core/sample.js'
import type { Snapshot } from '../../core/snapshot.js'
import { createFakeLoadGenerator } from '../../load/fake/fake-load-generator.js'
import type { LoadGenerator } from '../../load/port.js'
import type { RunPlan } from '../plan.js'
import { type RunInput, run } from '../run.js'
import { stubActedOn } from './stub-stack.js'

const COMMON = {
  warmupMs: 1_000,
  connections: 30,
  timeoutMs: 2_000,
  generators: 1,
  clients: 0,
  seed: 1,
  workload: null,
} as const

/** Reads and writes of the sample application. */
export const WORKLOAD: Workload = {
  mix: [
    { kind: 'read', weight: 80 },
    { kind: 'write', weight: 20 },
  ],
  keys: { distribution: 'uniform', count: 50, exponent: 1 },
  consistency: 'eventual',
  run: 'r',
}

export function openLoad(rps = 200, durationMs = 4_000, more: Partial<Load> = {}): Load {
  return { ...COMMON, ...more, mode: 'open', arrival: 'uniform', stages: [{ durationMs, rps }] }
}

export function closedLoad(durationMs = 4_000): Load {
  return { ...COMMON, mode: 'closed', durationMs }
}

export function planOf(load: Load, more: Partial<RunPlan> = {}): RunPlan {
  return {
    id: 'lb-3/2026-11-20T10-15-00Z',
    scenario: 'lb-3',
    question: 'How much?',
    reading: null,
    engine: 'fake',
    parameters: { kind: 'balanced', replicas: 3 },
    work: 'no work per request',
    load,
    expectations: [],
    objectives: [],
    timeline: [],
    actMs: null,
    instances: ['api-1', 'api-2', 'api-3'].map((id) => ({ id, weight: 1 })),
    ...more,
  }
}

/** A run with everything that came out of it. */
export interface Observed {
  promise: Promise<RunRecord>
  samples: Sample[]
  records: RunRecord[]
  snapshots: Snapshot[]
}

/**
 * Starts a run on made-up parts: the fake generator on its virtual clock (which the run's monotonic clock follows,
 * tick by tick), no stack, no probes, a sink and a view that only remember.
 */
export function startRun(plan: RunPlan, override: Partial<RunInput> = {}): Observed {
  const samples: Sample[] = []
  const records: RunRecord[] = []
  const snapshots: Snapshot[] = []
  let virtualMs = 0
  const promise = run({
    plan,
    target: { origin: 'http://127.0.0.1:20000', requests: [{ method: 'GET', path: '/api/products', headers: [] }] },
    stack: null,
    generator: createFakeLoadGenerator({ originNs: 0n }),
    probes: [],
    ...(override.stack ? { on: stubActedOn(override.stack) } : {}),
    nodes: [{ id: 'api-1', role: 'api', program: 'sample API' }],
    environment: {
      scalelab: '0.1.0',
      node: process.version,
      platform: 'linux x64',
      cpu: 'any',
      cores: 2,
      memory_mib: 4_096,
      software: {},
      notes: [],
    },
    monotonic: () => BigInt(Math.round(virtualMs * 1e6)),
    wallClock: () => new Date('2026-11-20T10:15:00Z'),
    signal: new AbortController().signal,
    ...override,
    sink: {
      async appendSamples(added) {
        await override.sink?.appendSamples(added)
        samples.push(...added)
      },
      async writeRecord(record) {
        await override.sink?.writeRecord(record)
        records.push(structuredClone(record))
      },
    },
    view: {
      update(snapshot) {
        virtualMs = snapshot.t_ms
        snapshots.push(structuredClone(snapshot))
        override.view?.update(snapshot)
      },
    },
  })
  return { promise, samples, records, snapshots }
}

/** A generator on the real clock that sends nothing until the promise resolves, then plays its load in no time. */
export function heldGenerator(release: Promise<void>): LoadGenerator {
  return {
    async run(request) {
      request.onStart(process.hrtime.bigint())
      await release
      return createFakeLoadGenerator().run({ ...request, onStart: () => {} })
    },
  }
}

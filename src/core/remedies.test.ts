import { describe, expect, it } from 'vitest'
import { stackParametersSchema } from './parameters.js'
import type { RunRecord } from './record.js'
import { remedyFor } from './remedies.js'
import { recordWith } from './testing/record.js'
import { CHECKS, type CheckName, checked } from './validity.js'

interface Situation {
  load?: Partial<RunRecord['load']>
  stack?: Record<string, unknown> | null
  /** Values of checks; those beyond 0.9 of a core or of the host have failed. */
  generatorCpu?: number
  hostCpu?: number
  serviceMs?: number
  cores?: number
  change?: Partial<RunRecord>
}

/** One instance of 500/s under an open loop of 300/s, and what is different. */
function run({ load, stack = {}, generatorCpu, hostCpu, serviceMs, cores, change }: Situation): RunRecord {
  const record = recordWith({
    parameters: stack === null ? {} : stackParametersSchema.parse({ kind: 'single', ...stack }),
    load: { mode: 'open', offered_rps: 300, connections: 100, stages: [{ duration_ms: 10_000, rps: 300 }], ...load },
    validity: [
      ...(generatorCpu === undefined ? [] : [checked('generator-cpu', generatorCpu, 0.9)]),
      ...(hostCpu === undefined ? [] : [checked('host-cpu', hostCpu, 0.97)]),
    ],
    ...change,
  })
  return {
    ...record,
    environment: { ...record.environment, cores: cores ?? 4 },
    latency: { ...record.latency, service_ms: { ...record.latency.service_ms, mean: serviceMs ?? null } },
  }
}

const closed: Partial<RunRecord['load']> = { mode: 'closed', offered_rps: null, stages: [] }
const allErrors = { due: 300, sent: 300, ok: 0, http_error: 300, lost: 0, unfinished: 0 }

describe('remedyFor', () => {
  it.each<[check: CheckName, when: string, Situation, does: RegExp, never: RegExp]>([
    ['generator-lateness', 'at 14 % CPU', { generatorCpu: 0.14 }, /other programs/, /--generators|rate/],
    ['generator-event-loop', 'at 14 % CPU', { generatorCpu: 0.14 }, /other programs/, /--generators/],
    ['generator-lateness', 'on a full machine', { generatorCpu: 0.95, hostCpu: 1 }, /host-cpu/, /--generators/],
    ['generator-cpu', 'with one generator', { generatorCpu: 0.95 }, /--generators 2/, /--connections/],
    ['generator-cpu', 'with two', { generatorCpu: 0.95, load: { generators: 2 } }, /--generators 3/, /--generators 2/],
    [
      'generator-cpu',
      'with one for each core',
      { generatorCpu: 0.95, load: { generators: 4 } },
      /larger machine/,
      /--generators/,
    ],
    ['generator-cpu', 'in a closed loop', { generatorCpu: 0.95, load: closed }, /fewer --connections/, /rate/],
    ['host-cpu', 'with the calibrated model', {}, /longer --service-time than 2ms/, /calibrated/],
    [
      'host-cpu',
      'with work that computes',
      { stack: { work: { kind: 'cpu', ms: 2 } } },
      /--work model/,
      /--service-time/,
    ],
    ['host-cpu', 'without work', { stack: { work: { kind: 'none' } } }, /lower rate than 300/, /--work|--service-time/],
    ['host-cpu', 'in a closed loop', { load: closed }, /fewer --connections/, /lower rate/],
    [
      'host-cpu',
      "with an application of one's own",
      { stack: { app: { command: 'node a.js' } } },
      /larger machine/,
      /--work|--service-time/,
    ],
    [
      'host-cpu',
      'of a system elsewhere',
      { stack: null, change: { engine: null } },
      /another machine/,
      /--work|instances/,
    ],
    [
      'offered-rate',
      'beyond what is stated',
      { load: { offered_rps: 900 } },
      /500 requests\/s: offer less \(--rps 300/,
      /--max/,
    ],
    [
      'offered-rate',
      'where answers are errors',
      { load: { ledger: allErrors } },
      /errors/,
      /--rps|--max|--connections/,
    ],
    ['backlog', 'where answers are errors', { load: { ledger: allErrors, offered_rps: 900 } }, /errors/, /--rps|--max/],
    ['backlog', 'with all connections busy', { stack: null, serviceMs: 400 }, /raise --connections/, /--max/],
    ['offered-rate', 'of what nothing is stated', { stack: null }, /--max/, /--connections/],
    ['latency-drift', 'after 2 s of warm-up', {}, /--warmup longer than 2s.*--duration longer than 10s/, /stages/],
    [
      'rate-drift',
      'with stages',
      { load: { stages: [1, 2].map((rps) => ({ duration_ms: 1_000, rps })) } },
      /longer stages/,
      /--duration/,
    ],
  ])('of %s %s', (check, _, situation, does, never) => {
    const remedy = remedyFor({ check }, run(situation))
    expect(remedy).toMatch(does)
    expect(remedy).not.toMatch(never)
  })

  it('has one whole sentence or more for every check, whatever the run was', () => {
    for (const check of Object.keys(CHECKS)) {
      const situations: Situation[] = [{}, { load: closed }, { stack: null, change: { engine: null } }]
      for (const situation of situations) {
        expect(remedyFor({ check }, run(situation))).toMatch(/^[A-Z].*\.$/)
      }
    }
  })

  it('knows nothing of the checks of newer records', () => {
    expect(remedyFor({ check: 'phase-of-the-moon' }, run({}))).toBeNull()
  })
})

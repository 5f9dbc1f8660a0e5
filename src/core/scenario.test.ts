import { describe, expect, it } from 'vitest'
import { withRun } from './load.js'
import {
  expectationSchema,
  loadOf,
  loadSectionSchema,
  SCENARIO_SCHEMA,
  type Scenario,
  scenarioSchema,
  withReplicas,
  withStandbys,
} from './scenario.js'

const issuesOf = (
  schema: { safeParse(data: unknown): { error?: { issues: { path: PropertyKey[] }[] } } },
  data: unknown,
) => schema.safeParse(data).error?.issues.map((issue) => issue.path.join('.')) ?? []

describe('loadSectionSchema', () => {
  it('fills every default in', () => {
    expect(loadSectionSchema.parse({ mode: 'closed' })).toEqual({
      mode: 'closed',
      arrival: 'uniform',
      duration: 10_000,
      warmup: 2_000,
      connections: 60,
      timeout: 10_000,
      clients: 0,
    })
  })

  it.each<[string, object]>([
    ['rps', { mode: 'open' }],
    ['mode', { mode: 'closed', rps: 500 }],
    ['mode', { mode: 'closed', stages: [{ duration: '1s', rps: 5 }] }],
    ['rps', { mode: 'open', rps: 500, stages: [{ duration: '1s', rps: 5 }] }],
    ['rps', { mode: 'open', rps: 0 }],
    ['stages', { mode: 'open', stages: [] }],
    ['stages.0.duration', { mode: 'open', stages: [{ duration: '0s', rps: 5 }] }],
    ['duration', { mode: 'closed', duration: '0s' }],
    ['duration', { mode: 'closed', duration: '100ms' }],
    ['duration', { mode: 'closed', duration: '25h' }],
    ['duration', { mode: 'closed', duration: '10' }],
    ['duration', { mode: 'closed', duration: 10 }],
    ['timeout', { mode: 'closed', timeout: '0s' }],
    ['connections', { mode: 'closed', connections: 0 }],
    ['arrival', { mode: 'open', rps: 5, arrival: 'bursty' }],
    ['mix', { mode: 'closed', mix: {} }],
    ['mix', { mode: 'closed', mix: { read: 1, erase: 5 } }],
    ['mix.read', { mode: 'closed', mix: { read: 0 } }],
    ['mix', { mode: 'closed', keys: { distribution: 'zipf' } }],
    ['mix', { mode: 'closed', consistency: 'strong' }],
    ['keys.distribution', { mode: 'closed', mix: { read: 1 }, keys: { distribution: 'normal' } }],
    ['keys.count', { mode: 'closed', mix: { read: 1 }, keys: { count: 1_000_000 } }],
    ['keys.exponent', { mode: 'closed', mix: { read: 1 }, keys: { exponent: 0 } }],
    ['consistency', { mode: 'closed', mix: { read: 1 }, consistency: 'best' }],
  ])('refuses at %s: %j', (path, wrong) => {
    expect(issuesOf(loadSectionSchema, wrong)).toEqual([path])
  })

  it('may do without a warm-up', () => {
    expect(issuesOf(loadSectionSchema, { mode: 'closed', warmup: '0s' })).toEqual([])
  })
})

describe('expectationSchema', () => {
  it.each<[object, string[]]>([
    [{ min: 1 }, []],
    [{ max: 1 }, []],
    [{ min: 1, max: 1 }, []],
    [{}, ['min']],
    [{ min: 2, max: 1 }, ['min']],
    [{ min: 1, metric: 'load.rps' }, ['metric']],
  ])('%j has mistakes at %j', (bounds, paths) => {
    expect(issuesOf(expectationSchema, { claim: 'so', metric: 'load.achieved_rps', ...bounds })).toEqual(paths)
  })
})

describe('loadOf', () => {
  it('makes a closed loop', () => {
    const section = loadSectionSchema.parse({ mode: 'closed', duration: '1.5s', warmup: '500ms', timeout: '1m' })
    expect(loadOf(section, 7)).toEqual({
      mode: 'closed',
      durationMs: 1_500,
      warmupMs: 500,
      connections: 60,
      timeoutMs: 60_000,
      generators: 'auto',
      clients: 0,
      seed: 7,
      workload: null,
    })
  })

  it('makes an open loop of one rate, or of stages', () => {
    const open = { mode: 'open', arrival: 'poisson', duration: '3s' }
    expect(loadOf(loadSectionSchema.parse({ ...open, rps: 20 }), 1, 2)).toMatchObject({
      mode: 'open',
      arrival: 'poisson',
      stages: [{ durationMs: 3_000, rps: 20 }],
      generators: 2,
    })
    const stages = [
      { duration: '1s', rps: 5 },
      { duration: '2m', rps: 9 },
    ]
    expect(loadOf(loadSectionSchema.parse({ ...open, stages }), 1)).toMatchObject({
      stages: [
        { durationMs: 1_000, rps: 5 },
        { durationMs: 120_000, rps: 9 },
      ],
    })
  })
})

describe('loadOf with a mix', () => {
  const section = (more: object) => loadSectionSchema.parse({ mode: 'closed', mix: { write: 20, read: 80 }, ...more })

  it('asks for all the rows there are, uniformly, as the API holds right', () => {
    expect(loadOf(section({}), 1, 'auto', 500).workload).toEqual({
      mix: [
        { kind: 'read', weight: 80 },
        { kind: 'write', weight: 20 },
      ],
      keys: { distribution: 'uniform', count: 500, exponent: 0.99 },
      consistency: 'default',
      run: '',
    })
    expect(loadOf(section({}), 1).workload?.keys.count).toBe(10_000)
    // Ids have six digits.
    expect(loadOf(section({}), 1, 'auto', 1_000_000).workload?.keys.count).toBe(999_999)
  })

  it('does as the section says', () => {
    const keys = { distribution: 'zipf', count: 20, exponent: 1.2 }
    expect(loadOf(section({ keys, consistency: 'strong' }), 1, 'auto', 500).workload).toMatchObject({
      keys,
      consistency: 'strong',
    })
  })

  it('has a run of its own, which a header can carry', () => {
    const load = loadOf(section({}), 1)
    expect(withRun(load, 'repl-2/2026-11-20T10-15-00Z-77').workload?.run).toBe('repl-2-2026-11-20T10-15-00Z-77')
    expect(load.workload?.run).toBe('')
    const plain = loadOf(loadSectionSchema.parse({ mode: 'closed' }), 1)
    expect(withRun(plain, 'x')).toEqual(plain)
  })
})

describe('withReplicas', () => {
  const scenario: Scenario = scenarioSchema.parse({
    schema: SCENARIO_SCHEMA,
    name: 'lb-3',
    question: 'In 30 s on 13 cores, do 3 instances answer three times as much as 1 of the 3?',
    topology: { kind: 'balanced', replicas: 3 },
    load: { mode: 'closed' },
    expect: [
      { claim: 'three do', metric: 'load.achieved_rps', min: 1_350 },
      { claim: 'any is even', metric: 'distribution.max_deviation', max: 0.01, replicas: 'any' },
    ],
  })

  it('changes number, name and question, and drops claims about the number of the file', () => {
    const five = withReplicas(scenario, 'lb-5', 5)
    expect(five.name).toBe('lb-5')
    expect(five.topology).toEqual({ ...scenario.topology, replicas: 5 })
    expect(five.question).toBe('In 30 s on 13 cores, do 5 instances answer three times as much as 1 of the 3?')
    expect(five.expect.map(({ claim }) => claim)).toEqual(['any is even'])
    expect(scenario.topology.replicas).toBe(3)
  })

  it('keeps everything for the number of the file', () => {
    expect(withReplicas(scenario, 'lb-3', 3)).toEqual(scenario)
  })
})

describe('withStandbys', () => {
  const scenario: Scenario = scenarioSchema.parse({
    schema: SCENARIO_SCHEMA,
    name: 'repl-2',
    question: 'Do 2 standbys follow 1 primary behind 2 instances?',
    topology: { kind: 'replicated', replicas: 2, work: { kind: 'none' }, database: { standbys: 2 } },
    load: { mode: 'closed' },
    expect: [
      { claim: 'two do', metric: 'load.achieved_rps', min: 100 },
      { claim: 'any does', metric: 'load.error_share', max: 0.01, replicas: 'any' },
    ],
  })

  it('changes standbys, name and question, and drops claims about the number of the file', () => {
    const three = withStandbys(scenario, 'repl-3', 3)
    expect(three).toMatchObject({ name: 'repl-3', topology: { replicas: 2, database: { standbys: 3 } } })
    expect(three.question).toBe('Do 3 standbys follow 1 primary behind 2 instances?')
    expect(three.expect.map(({ claim }) => claim)).toEqual(['any does'])
    expect(scenario.topology.database?.standbys).toBe(2)
    expect(withStandbys(scenario, 'repl-2', 2)).toEqual(scenario)
  })

  it('leaves the question alone when the instances change: its number is that of the standbys', () => {
    const scaled = withReplicas(scenario, 'repl-2', 4)
    expect(scaled).toMatchObject({ topology: { replicas: 4, database: { standbys: 2 } }, question: scenario.question })
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_USERS } from './parameters/sharding.js'
import { MAX_REPLICAS, type StackParametersInput, stackParametersSchema, weightsOf, workOf } from './parameters.js'
import { DEFAULT_WORK } from './work.js'

const parse = (input: Partial<StackParametersInput> = {}) => stackParametersSchema.parse({ kind: 'balanced', ...input })

describe('stackParametersSchema', () => {
  it('fills every default in', () => {
    expect(stackParametersSchema.parse({ kind: 'single' })).toEqual({
      kind: 'single',
      replicas: 1,
      balancer: 'auto',
      strategy: 'round-robin',
      weights: null,
      work: { kind: 'model', workers: 1, distribution: 'exp', mean_ms: 2, queue_limit: 1_000 },
      seed: 1,
      app: null,
      app_port: 8_000,
      app_ready: '/',
      cpus: null,
      memory_mib: null,
      port: null,
      database: null,
      sharding: null,
    })
  })

  it('reads its own output again unchanged', () => {
    const parameters = parse({ replicas: 3, weights: [3, 1, 1], strategy: 'weighted', app: { image: 'mine' } })
    expect(stackParametersSchema.parse(JSON.parse(JSON.stringify(parameters)))).toEqual(parameters)
  })

  it.each<[string, object]>([
    ['replicas', { replicas: 0 }],
    ['replicas', { replicas: MAX_REPLICAS + 1 }],
    ['replicas', { replicas: 1.5 }],
    ['replicas', { kind: 'single', replicas: 2 }],
    ['weights.1', { weights: [1, 0] }],
    ['work.mean_ms', { work: { kind: 'model', mean_ms: 0 } }],
    ['work.kind', { work: { kind: 'magic' } }],
    ['app.command', { app: { command: '' } }],
    ['app', { app: { command: 'a', image: 'b' } }],
    ['app_ready', { app_ready: 'ready' }],
    ['port', { port: 70_000 }],
    ['memory_mib', { memory_mib: 1 }],
    ['', { replica: 3 }],
  ])('refuses at %s: %j', (path, wrong) => {
    const result = stackParametersSchema.safeParse({ kind: 'balanced', ...wrong })
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
  })

  it.each<[string, object]>([
    ['sharding', { kind: 'balanced', sharding: {} }],
    ['sharding', { kind: 'sharded' }],
    ['sharding.shards', { kind: 'sharded', sharding: { shards: 17 } }],
    ['sharding.scheme', { kind: 'sharded', sharding: { scheme: 'rong' } }],
    ['sharding.weights', { kind: 'sharded', sharding: { weights: [1, 2] } }],
    ['sharding.weights.1', { kind: 'sharded', sharding: { weights: [1, 0, 1] } }],
    ['sharding.rows', { kind: 'sharded', sharding: { rows: MAX_USERS + 1 } }],
    ['app', { kind: 'sharded', sharding: {}, app: { image: 'mine' } }],
  ])('refuses of shards at %s: %j', (path, wrong) => {
    const result = stackParametersSchema.safeParse(wrong)
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
  })
})

describe('workOf', () => {
  it('is the calibrated model unless told', () => {
    expect(workOf(parse())).toEqual(DEFAULT_WORK)
  })

  it.each([
    [{ kind: 'cpu', ms: 3 } as const, { kind: 'cpu', ms: 3 }],
    [{ kind: 'none' } as const, { kind: 'none' }],
    [
      { kind: 'model', workers: 4, distribution: 'fixed', mean_ms: 8, queue_limit: 10 } as const,
      { kind: 'model', workers: 4, distribution: 'fixed', meanMs: 8, queueLimit: 10 },
    ],
  ])('of %j is %j', (work, expected) => {
    expect(workOf(parse({ work }))).toEqual(expected)
  })

  it('is nobody’s business for an own application', () => {
    expect(workOf(parse({ app: { command: 'serve {port}' } }))).toBeNull()
  })
})

describe('weightsOf', () => {
  it('gives one weight per replica, 1 where none was given', () => {
    const weights = fc.option(fc.array(fc.integer({ min: 1, max: 1_000 }), { maxLength: 10 }))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_REPLICAS }), weights, (replicas, given) => {
        const result = weightsOf(parse({ replicas, weights: given }))
        expect(result).toHaveLength(replicas)
        result.forEach((weight, index) => {
          expect(weight).toBe(given?.[index] ?? 1)
        })
      }),
    )
  })
})

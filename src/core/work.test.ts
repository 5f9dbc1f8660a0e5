import { describe, expect, it } from 'vitest'
import { DEFAULT_WORK, describeWork, type Work, workFromEnv, workToEnv } from './work.js'

const KINDS: Work[] = [
  DEFAULT_WORK,
  { kind: 'model', workers: 4, distribution: 'uniform', meanMs: 0.5, queueLimit: 0 },
  { kind: 'cpu', ms: 3.5 },
  { kind: 'none' },
]

describe('work as environment', () => {
  it.each(KINDS)('comes back as it went in: %j', (work) => {
    expect(workFromEnv(workToEnv(work))).toEqual(work)
  })

  it('takes the default for what is not set', () => {
    expect(workFromEnv({})).toEqual(DEFAULT_WORK)
    expect(workFromEnv({ WORK: 'cpu' })).toEqual({ kind: 'cpu', ms: 2 })
  })

  it.each([
    [{ WORK: 'sleep' }, 'WORK must be'],
    [{ WORK_DISTRIBUTION: 'normal' }, 'WORK_DISTRIBUTION'],
    [{ WORK_MEAN_MS: 'two' }, 'WORK_MEAN_MS'],
    [{ WORK: 'cpu', WORK_CPU_MS: '-1' }, 'WORK_CPU_MS'],
  ])('refuses %j', (env, message) => {
    expect(() => workFromEnv(env)).toThrow(message)
  })
})

describe('describeWork', () => {
  it.each<[Work, string]>([
    [DEFAULT_WORK, 'calibrated service model: 1 worker, exp service time, mean 2 ms (capacity 500 requests/s)'],
    [
      { kind: 'model', workers: 4, distribution: 'fixed', meanMs: 0, queueLimit: 9 },
      'calibrated service model: 4 workers, fixed service time, mean 0 ms',
    ],
    [{ kind: 'cpu', ms: 3.5 }, 'processor work: 3.5 ms of CPU time per request'],
    [{ kind: 'none' }, 'no work per request'],
  ])('%j', (work, words) => {
    expect(describeWork(work)).toBe(words)
  })
})

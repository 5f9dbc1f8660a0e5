import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REQUEST_KINDS, type Workload } from '../core/load.js'
import { chiSquareTest } from '../stats/chi-square.js'
import { idempotencyKeys, tasksOf } from './workload.js'

const workload = (more: Partial<Workload> = {}): Workload => ({
  mix: [
    { kind: 'read', weight: 80 },
    { kind: 'write', weight: 15 },
    { kind: 'order', weight: 5 },
  ],
  keys: { distribution: 'uniform', count: 50, exponent: 1 },
  consistency: 'default',
  run: 'run-1',
  ...more,
})
const keys = (distribution: 'uniform' | 'zipf', count: number, exponent = 1) => ({ distribution, count, exponent })
const ALONE = { index: 0, of: 1 }

describe('tasksOf', () => {
  it('draws kinds by weight', () => {
    const tasks = tasksOf(workload(), 1, ALONE)
    const counts = new Map<string, number>()
    for (let k = 0; k < 20_000; k++) counts.set(tasks(k).kind, (counts.get(tasks(k).kind) ?? 0) + 1)
    const cells = workload().mix.map(({ kind, weight }) => ({ observed: counts.get(kind) ?? 0, weight }))
    expect(chiSquareTest(cells).pValue).toBeGreaterThan(0.001)
    expect([...counts.keys()].sort()).toEqual(['order', 'read', 'write'])
  })

  it.each(['uniform', 'zipf'] as const)('draws users and products from a %s distribution', (distribution) => {
    const tasks = tasksOf(workload({ keys: keys(distribution, 40, 1.1) }), 5, ALONE)
    for (const field of ['user', 'product'] as const) {
      const counts = new Array<number>(40).fill(0)
      for (let k = 0; k < 20_000; k++) {
        const key = tasks(k)[field]
        counts[key] = (counts[key] ?? Number.NaN) + 1
      }
      const weight = (key: number): number => (distribution === 'uniform' ? 1 : 1 / (key + 1) ** 1.1)
      const cells = counts.map((observed, key) => ({ observed, weight: weight(key) }))
      expect(chiSquareTest(cells).pValue).toBeGreaterThan(0.001)
    }
  })

  it('depends on seed and number only', () => {
    const first = tasksOf(workload(), 7, ALONE)
    const again = tasksOf(workload(), 7, ALONE)
    const other = tasksOf(workload(), 8, ALONE)
    const ks = Array.from({ length: 100 }, (_, i) => i * 37)
    expect(ks.toReversed().map(again).toReversed()).toEqual(ks.map(first))
    expect(ks.map(other)).not.toEqual(ks.map(first))
  })

  it('gives every part users of its own, and all parts together what one would ask for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 4, max: 60 }),
        fc.constantFrom('uniform' as const, 'zipf' as const),
        fc.integer(),
        (of, count, distribution, seed) => {
          const whole = tasksOf(workload({ keys: keys(distribution, count) }), seed, ALONE)
          for (let index = 0; index < of; index++) {
            const tasks = tasksOf(workload({ keys: keys(distribution, count) }), seed, { index, of })
            for (let k = index; k < 200; k += of) {
              const { user, payee: _payee, ...rest } = tasks(k)
              expect(user % of).toBe(index)
              expect(user).toBeGreaterThanOrEqual(0)
              expect(user).toBeLessThan(count)
              // One of the neighbours of the user that one generator would take.
              expect(Math.abs(user - whole(k).user)).toBeLessThanOrEqual(2 * of - 2)
              expect(rest).toEqual({ kind: whole(k).kind, product: whole(k).product })
            }
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('draws products from as many as there are', () => {
    const few = tasksOf(workload({ keys: { ...keys('zipf', 50), products: 3 } }), 1, ALONE)
    const all = tasksOf(workload({ keys: keys('zipf', 50) }), 1, ALONE)
    const ks = Array.from({ length: 500 }, (_, k) => k)
    expect(new Set(ks.map((k) => few(k).product))).toEqual(new Set([0, 1, 2]))
    expect(ks.map((k) => few(k).user)).toEqual(ks.map((k) => all(k).user))
  })

  it('transfers to another user, whoever that is, as popular as the users', () => {
    const transfers = workload({ mix: [{ kind: 'transfer', weight: 1 }], keys: keys('uniform', 10) })
    for (const of of [1, 3]) {
      const tasks = tasksOf(transfers, 3, { index: of - 1, of })
      const counts = new Array<number>(10).fill(0)
      for (let k = 0; k < 5_000; k++) {
        const { user, payee } = tasks(k)
        if (payee === null) throw new Error('nobody is paid')
        expect(payee).not.toBe(user)
        counts[payee] = (counts[payee] ?? Number.NaN) + 1
      }
      // All are users that there are: none is paid but those ten.
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5_000)
      if (of === 1) {
        expect(chiSquareTest(counts.map((observed) => ({ observed, weight: 1 }))).pValue).toBeGreaterThan(0.001)
      } else expect(Math.min(...counts)).toBeGreaterThan(200)
    }
    expect(tasksOf(workload(), 3, ALONE)(0).payee).toBeNull()
    expect(() => tasksOf({ ...transfers, keys: keys('uniform', 1) }, 1, ALONE)).toThrow('needs two users')
  })

  it('does not do without kinds, or with fewer keys than parts', () => {
    expect(() => tasksOf(workload({ mix: [] }), 1, ALONE)).toThrow('needs a kind')
    expect(() => tasksOf(workload({ keys: keys('uniform', 1) }), 1, { index: 0, of: 2 })).toThrow('too few')
    const all = workload({ mix: REQUEST_KINDS.map((kind) => ({ kind, weight: 1 })) })
    const kinds = new Set(Array.from({ length: 200 }, (_, k) => tasksOf(all, 1, ALONE)(k).kind))
    expect(kinds.size).toBe(REQUEST_KINDS.length)
  })
})

describe('idempotencyKeys', () => {
  it('are of the run, the part and the number', () => {
    expect(idempotencyKeys(workload({ run: 'repl-2-2026-11-20T10-15-00Z-7' }), 3)(42)).toBe(
      'repl-2-2026-11-20T10-15-00Z-7-3-42',
    )
  })

  it.each(['', 'a b', 'a\r\nX: 1'])('do not begin with %j', (run) => {
    expect(() => idempotencyKeys(workload({ run }), 0)).toThrow('cannot begin an idempotency key')
  })
})

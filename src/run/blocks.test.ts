import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COMPARISON_SCHEMA, type Comparison } from '../core/comparison.js'
import { environmentError } from '../core/errors.js'
import { type Measured, orderOf, runBlocks } from './blocks.js'

function planned(variants: readonly string[], blocks: number, change: Partial<Comparison> = {}): Comparison {
  return {
    schema: COMPARISON_SCHEMA,
    id: 'test',
    kind: 'compare',
    name: 'test',
    question: 'Which?',
    reading: null,
    command: 'scalelab compare',
    started_at: '2026-01-01T00:00:00.000Z',
    ended_at: null,
    status: 'running',
    seed: 1,
    blocks,
    margin: 0.03,
    metrics: ['load.achieved_rps'],
    baseline: variants[0] ?? '',
    set: {},
    act: null,
    variants: variants.map((name) => ({ name, scenario: name, set: {}, failure: null })),
    order: [],
    runs: [],
    levels: [],
    draws: null,
    expect: [],
    ...change,
  }
}

interface Told {
  saved: Comparison[]
  measured: string[]
  totals: number[]
}

async function carriedOut(
  comparison: Comparison,
  measure: (variant: string, block: number, told: Told) => Measured | Promise<Measured> = () => ({
    record: 'r',
    doubts: [],
  }),
  signal: AbortSignal = new AbortController().signal,
): Promise<{ result: Comparison } & Told> {
  const told: Told = { saved: [], measured: [], totals: [] }
  const result = await runBlocks({
    comparison,
    async measure({ name }, block) {
      told.measured.push(`${block}:${name}`)
      return measure(name, block, told)
    },
    async save(next) {
      told.saved.push(structuredClone(next))
    },
    onStart: ({ total }) => told.totals.push(total),
    onEnd: () => undefined,
    signal,
    wallClock: () => new Date(0),
  })
  return { result, ...told }
}

describe('runBlocks', () => {
  it('holds every variant once in each block, in an order that the seed decides', async () => {
    const { result, measured, totals } = await carriedOut(planned(['a', 'b', 'c'], 10))
    expect(result.status).toBe('complete')
    expect(measured).toHaveLength(30)
    for (let block = 1; block <= 10; block++) {
      expect(measured.slice((block - 1) * 3, block * 3).toSorted()).toEqual([`${block}:a`, `${block}:b`, `${block}:c`])
    }
    expect(new Set(totals)).toEqual(new Set([30]))
    expect((await carriedOut(planned(['a', 'b', 'c'], 10))).measured).toEqual(measured)
    expect((await carriedOut(planned(['a', 'b', 'c'], 10, { seed: 2 }))).measured).not.toEqual(measured)
  })

  it('gives each variant each place about as often', () => {
    const comparison = planned(['a', 'b', 'c'], 1)
    const firsts = Array.from({ length: 600 }, (_, block) => orderOf(comparison, block + 1)[0])
    for (const name of ['a', 'b', 'c']) {
      const count = firsts.filter((first) => first === name).length
      // Three standard deviations of a binomial count of 600 with p = 1/3.
      expect(Math.abs(count - 200)).toBeLessThan(3 * Math.sqrt((600 * 2) / 9))
    }
  })

  it('saves the plan before the first run, and every run as it ends', async () => {
    const { saved, result } = await carriedOut(planned(['a', 'b'], 2))
    expect(saved[0]).toMatchObject({ status: 'running', runs: [] })
    expect(saved.map(({ runs }) => runs.length)).toEqual([0, 0, 1, 2, 2, 3, 4, 4])
    expect(saved.at(-1)).toEqual(result)
  })

  it('makes up for a run in doubt by another block, up to half as many', async () => {
    const once = await carriedOut(planned(['a', 'b'], 4), (name, block) => ({
      record: 'r',
      doubts: name === 'a' && block === 2 ? ['host-limited'] : [],
    }))
    expect(once.result.order).toHaveLength(5)
    expect(once.result.runs).toHaveLength(10)
    const always = await carriedOut(planned(['a', 'b'], 4), () => ({ record: 'r', doubts: ['generator-limited'] }))
    expect(always.result.order).toHaveLength(6)
    const overloaded = await carriedOut(planned(['a', 'b'], 4), () => ({ record: 'r', doubts: ['overloaded'] }))
    expect(overloaded.result.order).toHaveLength(4)
  })

  it('names a variant that cannot run and lets the others go on', async () => {
    const { result, measured } = await carriedOut(planned(['a', 'b', 'c'], 3), (name) => {
      if (name === 'b') throw environmentError('no PostgreSQL here')
      return { record: 'r', doubts: [] }
    })
    expect(result.status).toBe('failed')
    expect(result.variants.map(({ failure }) => failure)).toEqual([null, 'no PostgreSQL here', null])
    expect(measured.filter((run) => run.endsWith(':b'))).toHaveLength(1)
    expect(result.runs.filter(({ failure }) => failure === null)).toHaveLength(6)
  })

  it('ends where nothing is left to compare', async () => {
    const { result, measured } = await carriedOut(planned(['a', 'b'], 10), (name) => {
      if (name === 'b') throw environmentError('gone')
      return { record: 'r', doubts: [] }
    })
    expect(result.status).toBe('failed')
    expect(measured.length).toBeLessThanOrEqual(2)
  })

  it('throws what is a bug, with what there was saved', async () => {
    const boom = carriedOut(planned(['a', 'b'], 3), (_, block, { saved }) => {
      if (block < 2) return { record: 'r', doubts: [] }
      expect(saved.at(-1)?.runs).toHaveLength(2)
      throw new TypeError('a bug')
    })
    await expect(boom).rejects.toThrow('a bug')
  })

  it('does not count a run that was cut off, and goes on from there: the same runs in the same order', async () => {
    const whole = await carriedOut(planned(['a', 'b', 'c'], 4))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), async (at) => {
        const controller = new AbortController()
        let count = 0
        const first = await carriedOut(
          planned(['a', 'b', 'c'], 4),
          () => {
            count += 1
            if (count === at) controller.abort()
            return { record: 'r', doubts: [] }
          },
          controller.signal,
        )
        expect(first.result.status).toBe('interrupted')
        expect(first.result.runs).toHaveLength(at - 1)
        // As a crash leaves it: the last file that was written.
        const { saved } = first
        const second = await carriedOut(saved.at(-1) ?? planned([], 0))
        expect(second.result.status).toBe('complete')
        expect(second.result.runs.map(({ block, variant }) => `${block}:${variant}`)).toEqual(whole.measured)
      }),
      { numRuns: 12 },
    )
  })
})

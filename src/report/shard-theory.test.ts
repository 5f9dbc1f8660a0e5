import { describe, expect, it } from 'vitest'
import { predictedCv, predictedMove } from './shard-theory.js'
import { shardsUpTo } from './testing/made-up-plan.js'

const scheme = (name: string, vnodes?: number) => ({
  scheme: name,
  parameters: vnodes === undefined ? {} : { vnodes },
})

describe('predictedMove', () => {
  it.each([
    ['modulo', 3, 4, 0.75],
    ['modulo', 4, 3, 0.75],
    ['modulo', 4, 5, 0.8],
    ['modulo', 10, 11, 10 / 11],
    ['modulo', 2, 4, 0.5],
    ['jump', 3, 4, 0.25],
    ['jump', 6, 4, 1 / 3],
    ['rendezvous', 4, 5, 0.2],
  ])('%s from %d to %d', (name, from, to, mean) => {
    const predicted = predictedMove(scheme(name), shardsUpTo(from), shardsUpTo(to), 1_000_000)
    expect(predicted?.mean).toBeCloseTo(mean, 12)
    expect(predicted?.sd).toBeCloseTo(Math.sqrt((mean * (1 - mean)) / 1e6), 12)
  })

  it('adds the drawing of the points of a ring', () => {
    const predicted = predictedMove(scheme('ring', 160), shardsUpTo(3), shardsUpTo(4), 1_000_000)
    expect(predicted?.mean).toBe(0.25)
    expect(predicted?.sd).toBeCloseTo(Math.sqrt(0.1875 * (1 / 641 + 1e-6)), 12)
  })

  it('counts shards that leave and shards that join', () => {
    const [a, b, c, d] = shardsUpTo(4)
    if (!a || !b || !c || !d) throw new Error('four shards')
    expect(predictedMove(scheme('rendezvous'), [a, b, c], [a, b, d], 1_000)?.mean).toBeCloseTo(0.5, 12)
    expect(predictedMove(scheme('modulo'), [a, b, c], [a, c], 1_000)).toBeNull()
    expect(predictedMove(scheme('jump'), [a, b, c], [a, c], 1_000)).toBeNull()
  })

  it('predicts nothing for weights, nor where there is no formula', () => {
    const heavy = shardsUpTo(4).map((shard, i) => ({ ...shard, weight: i + 1 }))
    expect(predictedMove(scheme('rendezvous'), shardsUpTo(3), heavy, 1_000)).toBeNull()
    expect(predictedMove(scheme('maglev'), shardsUpTo(3), shardsUpTo(4), 1_000)).toBeNull()
  })
})

describe('predictedCv', () => {
  it('is that of the arcs and of chance', () => {
    expect(predictedCv(scheme('ring', 160), shardsUpTo(10), Number.MAX_SAFE_INTEGER)).toBeCloseTo(
      Math.sqrt(9 / 1_601),
      9,
    )
    expect(predictedCv(scheme('ketama'), shardsUpTo(4), 1_000)).toBeCloseTo(Math.sqrt(3 / 641 + 3 / 1_000), 9)
    expect(predictedCv(scheme('jump'), shardsUpTo(4), 30_000)).toBeCloseTo(0.01, 12)
    expect(predictedCv(scheme('range'), shardsUpTo(4), 30_000)).toBeNull()
  })
})

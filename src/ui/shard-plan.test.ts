import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { stageOf } from '../placing/stages.js'
import { planOf } from '../placing/testing/plan-of.js'
import { SHARDING_SCHEMES } from '../strategies/sharding/registry.js'
import { createPlanProgress } from './progress/plan-progress.js'
import { renderShardPlanSummary } from './shard-plan.js'
import { createLook } from './style.js'
import { displayWidth } from './width.js'

const ALL = SHARDING_SCHEMES.map(({ name }) => name)
const plain = { colour: false, width: 80 }
const answerOf = (text: string): string => text.split('\n\n')[0]?.replaceAll('\n', ' ') ?? ''

describe('renderShardPlanSummary', () => {
  const growth = planOf({ schemes: ALL, stages: [3, 4], keys: 50_000 })

  it('answers in a sentence', () => {
    const three = planOf({ schemes: ['modulo', 'jump'], stages: [3, 4], keys: 50_000 })
    expect(answerOf(renderShardPlanSummary(three, plain))).toMatch(
      /^From 3 to 4 shards modulo moves 7[45]\.\d % of the keys, jump 2[45]\.\d %; even shards ask for 25\.0 %\. 50,000 keys \(uniform, seed 1\)$/,
    )
    expect(answerOf(renderShardPlanSummary(growth, plain))).toMatch(
      /^From 3 to 4 shards modulo moves .*; even shards ask for 25\.0 %\. Evenest is \w+: its fullest shard has 1\.00\d times its share\./,
    )
  })

  it.each([
    [[5, stageOf([1, 1, 1, 1, 1]).filter(({ id }) => id !== 'shard-2')], /^When shard-2 of 5 is lost, /],
    [[4, stageOf([1, 1, 1, 1]).filter(({ id }) => id > 'shard-2')], /^When shard-1 and shard-2 of 4 are lost, /],
    [[5, 4], /^From 5 to 4 shards /],
    [[3, stageOf([1, 1, 2])], /^With other weights of 3 shards .*; even shards ask for 16\.7 %/],
    [[3, 4, 5], /^From 3 over 4 to 5 shards, added up, modulo moves 15\d\.\d % .*; even shards ask for 45\.0 %/],
    [[1, 2, 3, 4, 5], /^From 1 to 5 shards in 4 steps, added up, /],
  ])('names the change (%#)', (stages, expected) => {
    const plan = planOf({ schemes: ['modulo', 'rendezvous'], stages, keys: 2_000 })
    expect(answerOf(renderShardPlanSummary(plan, plain))).toMatch(expected)
  })

  it('says of popular keys how hot a shard gets', () => {
    const plan = planOf({ schemes: ALL, stages: [3, 4], keys: 5_000, shape: 'zipf' })
    const text = renderShardPlanSummary(plan, plain)
    expect(answerOf(text)).toMatch(
      /The hottest shard gets \d\.\d+ times its share of the requests with \w+, 3\.\d+ times with range\./,
    )
    expect(text).toContain('busiest shard')
  })

  it('puts who takes no weights last, and out of the answer', () => {
    const plan = planOf({
      schemes: ['modulo', 'rendezvous', 'ring', 'maglev', 'directory'],
      stages: [3, stageOf([1, 1, 2])],
      keys: 5_000,
    })
    const text = renderShardPlanSummary(plan, plain)
    expect(answerOf(text)).not.toContain('modulo')
    expect(text).toMatch(/\nmodulo \* +0\.0 %[^\n]*\n\n\* modulo: takes no weights/)
  })

  it('has a table by step where there are several, with the least of each', () => {
    const text = renderShardPlanSummary(planOf({ schemes: ['jump', 'modulo'], stages: [3, 4, 5], keys: 5_000 }), plain)
    expect(text).toMatch(/\nmoved +3 to 4 +4 to 5 +added up +at once\n/)
    expect(text).toMatch(/\nminimum +25\.0 % +20\.0 % +45\.0 % +40\.0 %/)
  })

  it('names who is left out', () => {
    const plan = planOf({ schemes: ['geo', 'jump'], stages: [8, 9], keys: 50, mayLeaveOut: true })
    expect(renderShardPlanSummary(plan, plain)).toContain('geo is left out: geo has 8 regions')
  })

  it.each([40, 80, 100, 120, 160])('is at most %d cells wide, with colours and without', (width) => {
    for (const plan of [growth, planOf({ schemes: ALL, stages: [3, 4, 5, 6, 7, 8], keys: 3_000, shape: 'zipf' })]) {
      const text = renderShardPlanSummary(plan, { colour: false, width })
      expect(Math.max(...text.split('\n').map(displayWidth))).toBeLessThanOrEqual(width)
      expect(stripVTControlCharacters(renderShardPlanSummary(plan, { colour: true, width }))).toBe(text)
    }
  })
})

describe('createPlanProgress', () => {
  const run = (isTTY: boolean, lengths: readonly number[]): string => {
    let [text, time] = ['', 0]
    const progress = createPlanProgress({
      write: (more) => (text += more),
      isTTY,
      look: createLook({ colour: false }),
      columns: () => 80,
      now: () => time,
    })
    lengths.forEach((length, index) => {
      time += length
      progress.update('placing 10 keys', (index + 1) / lengths.length)
    })
    progress.close()
    progress.close()
    return text
  }

  it('says nothing about what is soon done', () => {
    expect(run(true, [100, 100, 100])).toBe('')
  })

  it('draws a line on a terminal, and takes it off', () => {
    const text = run(true, [500, 500, 500, 500])
    expect(text.split('\r\x1b[2K')).toEqual([
      '',
      `placing 10 keys  ${'━'.repeat(12)}${'─'.repeat(12)}  50 %, 500 ms left`,
      `placing 10 keys  ${'━'.repeat(18)}${'─'.repeat(6)}  75 %, 333 ms left`,
      `placing 10 keys  ${'━'.repeat(24)}  100 %, 0 ms left`,
      '',
    ])
  })

  it('elsewhere tells now and then', () => {
    expect(run(false, [6_000, 6_000, 6_000, 6_000])).toBe(
      'placing 10 keys: 50 %, 6.0 s left\nplacing 10 keys: 100 %, 0 ms left\n',
    )
  })
})

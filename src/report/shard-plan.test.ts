import { describe, expect, it } from 'vitest'
import { type ShardPlan, shardPlanSchema } from '../core/shard-plan.js'
import { renderShardPlan } from './shard-plan.js'
import { expectGolden, expectSound } from './testing/golden.js'
import { madeUpPlan, shardsUpTo } from './testing/made-up-plan.js'

const PLANS: [string, ShardPlan][] = [
  ['shard-plan', madeUpPlan()],
  ['shard-plan-of-one', madeUpPlan({ schemes: ['ring'], stages: [shardsUpTo(4), shardsUpTo(3)] })],
  ['shard-plan-in-steps', madeUpPlan({ keys: 6_000, stages: [3, 4, 5, 6].map(shardsUpTo), exponent: 0.99 })],
  [
    'shard-plan-of-weights',
    madeUpPlan({
      keys: 6_000,
      stages: [shardsUpTo(3), shardsUpTo(3).map((shard, i) => ({ ...shard, weight: i === 2 ? 2 : 1 }))],
      schemes: ['ring', 'rendezvous'],
    }),
  ],
  ['shard-plan-of-sixteen', madeUpPlan({ keys: 6_000, stages: [shardsUpTo(15), shardsUpTo(16)] })],
]

describe('renderShardPlan', () => {
  it.each(PLANS)('gives for %s what the golden file holds', async (name, plan) => {
    const report = renderShardPlan(plan)
    expectSound(report)
    await expectGolden(name, report)
    expect(renderShardPlan(shardPlanSchema.parse(JSON.parse(JSON.stringify(plan))))).toEqual(report)
  })
})

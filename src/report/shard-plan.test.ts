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

  const answerOf = (plan: ShardPlan): string => renderShardPlan(plan).markdown.split('\n')[2] ?? ''

  it('tells one move from several steps, which move more', () => {
    const steps = renderShardPlan(madeUpPlan({ stages: [3, 4, 5].map(shardsUpTo) }))
    expect(steps.markdown.split('\n')[2]).toMatch(
      /from 3 to 4 and 5 shards.* In one move modulo moves \d\d\.\d % .* Step by step and added up, modulo moves 1\d\d\.\d % and .* \d\d\.\d %; even shards ask for 45\.0 %\./,
    )
    expect(steps.charts['movement.svg']).toMatch(/1\d\d\.\d % moved in 2 steps/)
  })

  it('begins with its answer', () => {
    expect(answerOf(madeUpPlan())).toMatch(
      /20,000 keys \(uniform, seed 1\) .* Modulo moves 74\.9 % and rendezvous 25\.0 %; even shards ask for 25\.0 %\. Most even afterwards is modulo, /,
    )
    expect(answerOf(madeUpPlan({ schemes: ['ring'] }))).toMatch(
      /With ring 28\.0 % move, where 25\.0 % is the least for even shards\. /,
    )
  })

  it('shows requests apart from keys where some keys are popular', () => {
    expect(Object.keys(renderShardPlan(madeUpPlan({ keys: 3_000, exponent: 1.1 })).charts)).toContain(
      'traffic-per-shard.svg',
    )
    const even = renderShardPlan(madeUpPlan({ keys: 3_000 }))
    expect(Object.keys(even.charts)).not.toContain('traffic-per-shard.svg')
    expect(even.markdown).not.toContain('## Requests per shard')
  })

  it('draws bands that are as thick as keys are many', () => {
    const plan = madeUpPlan({ schemes: ['rendezvous'], keys: 4_000 })
    const svg = renderShardPlan(plan).charts['movement.svg'] ?? ''
    // Three shards stay in part, and each gives to the new one; nothing is unnecessary.
    expect(svg.match(/<path class="fillplan"/g)).toHaveLength(3)
    expect(svg.match(/<path class="f0"/g)).toHaveLength(3)
    expect(svg.match(/<path class="f1"/g)).toBeNull()
  })

  it('does with one shard, with no scheme, and with more shards than can be drawn', () => {
    expectSound(renderShardPlan(madeUpPlan({ stages: [shardsUpTo(1), shardsUpTo(2)], keys: 500 })))
    expectSound(renderShardPlan({ ...madeUpPlan({ keys: 500 }), schemes: [], verdicts: [] }))
    const many = renderShardPlan(
      madeUpPlan({ stages: [shardsUpTo(70), shardsUpTo(72)], keys: 2_000, schemes: ['modulo', 'ring'] }),
    )
    expectSound(many)
    expect(Object.keys(many.charts)).toEqual(['moved.svg'])
    expect(many.markdown).toContain('| Fewest keys')
  })

  it('lets no text from outside become markup', () => {
    const evil = '<script>x</script> | ` & "'
    const plan = madeUpPlan({ keys: 500 })
    const report = renderShardPlan({
      ...plan,
      keys: { ...plan.keys, source: evil },
      schemes: plan.schemes.map((scheme, i) => ({
        ...scheme,
        scheme: `${evil}${i}`,
        summary: evil,
        source: evil,
        note: evil,
        parameters: { [evil]: evil },
      })),
    })
    expectSound(report)
    for (const text of [report.markdown, ...Object.values(report.charts)]) expect(text).not.toContain('<script')
  })
})

import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { scenarioSchema } from '../../core/scenario.js'
import { findScenario } from '../../store/scenario-files.js'
import { parseYaml } from '../../store/yaml-file.js'
import { type StackPlan, stackPlans } from './stack-plan.js'

const BUILTIN = fileURLToPath(new URL('../../../scenarios', import.meta.url))

/** Each stack with its runs, in order. */
function runsOf(plans: readonly StackPlan[]): Record<string, string[]> {
  return Object.fromEntries(
    plans.map(({ scheme, runs }) => [scheme ?? 'own', runs.map(({ claims }) => claims[0]?.run ?? '')]),
  )
}

describe('stackPlans', () => {
  it('bring a replicated stack up once, and strike its primary last', async () => {
    expect(runsOf(stackPlans(await findScenario('repl-2', BUILTIN)))).toEqual({
      own: ['load', 'drill on a standby', 'drill on an API instance', 'drill on the primary'],
    })
  })

  it('bring shards up once per scheme, and move their rows last', async () => {
    expect(runsOf(stackPlans(await findScenario('shard-3', BUILTIN)))).toEqual({
      own: ['load', 'migration from 3 to 4 shards'],
      modulo: ['load, scheme modulo', 'migration from 3 to 4 shards, scheme modulo'],
      range: ['load, scheme range'],
      geo: ['load, scheme geo'],
    })
  })

  it('leave no claim out, and name each with its rows and bounds', async () => {
    const scenario = await findScenario('shard-3', BUILTIN)
    const claims = stackPlans(scenario).flatMap(({ runs }) => runs.flatMap((run) => run.claims))
    expect(claims.map(({ claim }) => claim).toSorted()).toEqual(scenario.expect.map(({ claim }) => claim).toSorted())
    expect(claims.find(({ claim }) => claim.includes('consistent hashing are even'))).toMatchObject({
      rows: [13],
      expected: 'at most 5.0 %',
      min: null,
      max: 0.05,
      scenario: 'shard-3',
      run: 'load',
    })
  })

  const scenario = (more: string) =>
    parseYaml(
      `schema: scalelab/scenario@1
name: mine
question: How fast?
${more}`,
      'mine.yaml',
      'scenario',
    ).as(scenarioSchema)

  it('measure capacity beside a load at a rate where a claim needs it', () => {
    const plans = stackPlans(
      scenario(`topology: { kind: single, work: { kind: none } }
load: { mode: open, rps: 100 }
expect:
  - { claim: much, metric: load.achieved_rps, min: 1, when: closed }
  - { claim: fast, metric: latency.response_ms.p99, max: 1 }`),
    )
    expect(plans.map(({ runs }) => runs.map(({ run }) => run))).toEqual([
      [
        { kind: 'load', closed: false },
        { kind: 'load', closed: true },
      ],
    ])
  })

  it('begin a migration with as many shards as it speaks of', () => {
    const plans = stackPlans(
      scenario(`topology: { kind: sharded, work: { kind: none }, sharding: { shards: 3, scheme: ring } }
load: { mode: open, rps: 100, mix: { read: 1 } }
expect:
  - { claim: even, metric: sharding.max_deviation, max: 1 }
  - { claim: little moves, metric: sharding.moved_fraction, max: 1, reshard: 5-6 }`),
    )
    expect(plans.map(({ scenario: { topology } }) => topology.sharding?.shards)).toEqual([3, 5])
    expect(plans[1]?.runs[0]?.claims[0]?.run).toBe('migration from 5 to 6 shards')
  })
})

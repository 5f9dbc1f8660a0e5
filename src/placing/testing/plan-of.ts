import type { SchemePlan, ShardPlan } from '../../core/shard-plan.js'
import type { SchemeOptions, ShardingScheme } from '../../strategies/sharding/port.js'
import { DEFAULT_SCHEME_OPTIONS, shardingScheme } from '../../strategies/sharding/registry.js'
import { batchesOf, type KeyShape, madeKeys, sampleOf } from '../keys.js'
import { Planning } from '../planning.js'
import { type ShardStage, stageOf } from '../stages.js'

export interface PlanOf {
  schemes: readonly (string | ShardingScheme)[]
  /** As weights, or as a number of equal shards. */
  stages: readonly (number | ShardStage)[]
  keys?: number
  shape?: KeyShape
  seed?: number
  options?: Partial<SchemeOptions>
  mayLeaveOut?: boolean
}

/** A plan of some keys, made as the command makes it. */
export function planOf({
  schemes,
  stages,
  keys = 100_000,
  shape = 'uniform',
  seed = 1,
  options,
  ...input
}: PlanOf): ShardPlan {
  const made = madeKeys(shape, keys, seed)
  const planning = new Planning({
    schemes: schemes.map((scheme) => (typeof scheme === 'string' ? known(scheme) : scheme)),
    stages: stages.map((stage) => (typeof stage === 'number' ? stageOf(new Array<number>(stage).fill(1)) : stage)),
    options: { ...DEFAULT_SCHEME_OPTIONS, keys, sample: sampleOf(made), ...options },
    ...input,
  })
  for (const batch of batchesOf(made)) planning.place(batch)
  const environment = { scalelab: 'any', node: 'any', platform: 'any', cpu: 'any' }
  return planning.plan(
    { source: shape, seed, exponent: shape === 'zipf' ? 1 : null },
    'scalelab shards plan',
    environment,
  )
}

/** What a plan says of a scheme. @throws Error when it says nothing */
export function of(plan: ShardPlan, scheme: string): SchemePlan {
  const found = plan.schemes.find((candidate) => candidate.scheme === scheme)
  if (found === undefined) throw new Error(`no ${scheme} in the plan`)
  return found
}

function known(name: string): ShardingScheme {
  const scheme = shardingScheme(name)
  if (scheme === undefined) throw new Error(`no scheme ${name}`)
  return scheme
}

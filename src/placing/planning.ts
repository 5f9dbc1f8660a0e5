import { LabError } from '../core/errors.js'
import { seededRandom } from '../core/random.js'
import { SHARD_PLAN_SCHEMA, type ShardPlan } from '../core/shard-plan.js'
import type { SchemeOptions, ShardingScheme } from '../strategies/sharding/port.js'
import { verdictsOn } from './claims.js'
import type { KeyBatch } from './keys.js'
import { schemePlanOf } from './scheme-plan.js'
import { SchemeRun } from './scheme-run.js'
import { lookupsPerSecond } from './speed.js'
import type { ShardStage } from './stages.js'

export interface PlanningInput {
  schemes: readonly ShardingScheme[]
  /** At least two, each with one shard or more: what is there, and what there will be. */
  stages: readonly ShardStage[]
  /** With the number of keys to come, and some of them. */
  options: SchemeOptions
  /** Whether a scheme that cannot do it is left out, and the others go on. */
  mayLeaveOut?: boolean
}

/**
 * A plan in the making. Keys are handed in once, in batches, and every scheme places each of them at every stage; what is
 * kept are counters, so that memory depends on shards and schemes, and not on keys.
 *
 *     for (const batch of keys) planning.place(batch)
 *     for (const scheme of planning.schemes) planning.measure(scheme, now)
 *     planning.plan(...)
 */
export class Planning {
  /** Schemes that cannot place keys on these shards, and why. */
  readonly leftOut: readonly { scheme: string; reason: string }[]
  private readonly runs: readonly SchemeRun[]
  private readonly speeds = new Map<string, number>()
  private placedKeys = 0

  /** @throws LabError (usage) when a scheme cannot place keys on these shards with these options, and none may be left out */
  constructor(private readonly input: PlanningInput) {
    const runs: SchemeRun[] = []
    const leftOut: { scheme: string; reason: string }[] = []
    for (const scheme of input.schemes) {
      try {
        runs.push(new SchemeRun(scheme, input.stages, input.options))
      } catch (error) {
        if (!(error instanceof LabError && input.mayLeaveOut === true)) throw error
        leftOut.push({ scheme: scheme.name, reason: error.message })
      }
    }
    this.runs = runs
    this.leftOut = leftOut
  }

  get schemes(): readonly string[] {
    return this.runs.map(({ scheme }) => scheme.name)
  }

  /** Keys placed so far. */
  get placed(): number {
    return this.placedKeys
  }

  place(batch: KeyBatch): void {
    for (const run of this.runs) run.place(batch)
    this.placedKeys += batch.keys.length
  }

  /** Measures how fast a scheme finds shards, which takes about an eighth of a second. @param now milliseconds, monotonic */
  measure(scheme: string, now: () => number): void {
    const run = this.runs.find((candidate) => candidate.scheme.name === scheme)
    const placement = run?.last
    const keys = scattered(this.input.options.sample)
    if (run === undefined || placement === undefined || keys.length === 0) return
    // Bounded loads count keys: each pass over these needs a placement of its own.
    const counting = run.scheme.heeds?.includes('epsilon') === true
    const forPass = counting ? () => run.anew(keys.length) ?? placement : () => placement
    this.speeds.set(scheme, lookupsPerSecond(forPass, keys, now))
  }

  /** @param keys what was placed, besides their number @param command what repeats the plan */
  plan(keys: Omit<ShardPlan['keys'], 'count'>, command: string, environment: ShardPlan['environment']): ShardPlan {
    const schemes = this.runs.map((run) => schemePlanOf(run, this.placedKeys, this.speeds.get(run.scheme.name) ?? null))
    const stages = this.input.stages.map((stage) => stage.map(({ id, weight }) => ({ id, weight })))
    return {
      schema: SHARD_PLAN_SCHEMA,
      keys: { count: this.placedKeys, ...keys },
      stages,
      schemes,
      ...(this.leftOut.length === 0 ? {} : { left_out: [...this.leftOut] }),
      verdicts: verdictsOn(this.runs, this.placedKeys),
      command,
      environment,
    }
  }
}

/** The same keys in an order that says nothing of where they lie. */
function scattered(sorted: readonly string[]): string[] {
  const random = seededRandom(1)
  const keys = [...sorted]
  for (let i = keys.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1))
    const key = keys[i] as string
    keys[i] = keys[other] as string
    keys[other] = key
  }
  return keys
}

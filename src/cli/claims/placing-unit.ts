import { type ListedClaim, rowsOf } from '../../core/claims.js'
import { plannedShards } from '../../lab/planned-shards.js'
import { writeShardPlan } from '../../lab/report-files.js'
import { PLACING_CLAIMS } from '../../placing/claims.js'
import { stageOf } from '../../placing/stages.js'
import { createRunFolder } from '../../store/run-folder.js'
import { DEFAULT_SCHEME_OPTIONS, SHARDING_SCHEMES } from '../../strategies/sharding/registry.js'
import type { ClaimUnit } from './unit.js'

/** What the plan is called among the scenarios. */
export const PLACING = 'shards-plan'
const RUN = 'a million keys, placed'
const KEYS = 1_000_000
const SEED = 1
/** What placing a million keys by four schemes takes, in milliseconds. */
const PLACING_MS = 4_000

/** Claims on what schemes do to keys: nothing is started for them. */
export function placingClaims(): ListedClaim[] {
  return PLACING_CLAIMS.map(({ scheme: _scheme, ...claim }) => ({
    ...claim,
    rows: rowsOf(claim.source),
    min: null,
    max: null,
    unit: 'share',
    scenario: PLACING,
    run: RUN,
  }))
}

/** The claims that a plan from 3 to 4 shards tells, by the schemes that they speak of. */
export function placingUnit(claims: readonly ListedClaim[]): ClaimUnit {
  const named = new Set(
    PLACING_CLAIMS.filter(({ metric }) => claims.some((claim) => claim.metric === metric)).map(({ scheme }) => scheme),
  )
  const schemes = SHARDING_SCHEMES.filter(({ name }) => named.has(name))
  return {
    name: PLACING,
    claims,
    steps: [{ what: 'placing a million keys', ms: PLACING_MS }],
    async run({ lab, options, step, found }) {
      step()
      const folder = await createRunFolder(options.out, 'shard-plans', new Date())
      try {
        const plan = await plannedShards(
          lab,
          {
            schemes,
            stages: [3, 4].map((shards) => stageOf(new Array<number>(shards).fill(1))),
            options: DEFAULT_SCHEME_OPTIONS,
            keys: { shape: 'uniform', count: KEYS, exponent: null },
            seed: SEED,
            speed: false,
            command: `scalelab shards plan --keys 1e6 --from 3 --to 4 --scheme ${[...named].join(',')} --no-speed`,
          },
          { update: () => {} },
        )
        await writeShardPlan(folder, plan)
        found(RUN, plan.verdicts, folder.path)
      } finally {
        await folder.removeIfEmpty()
      }
    },
  }
}

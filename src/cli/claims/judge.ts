import type { JudgedClaim, ListedClaim } from '../../core/claims.js'
import type { Verdict } from '../../core/record.js'
import { pooledVerdicts } from '../../stats/pooled.js'

/** What a run found, under the name that claims have for it. */
export interface RunFindings {
  run: string
  verdicts: readonly Verdict[]
  /** From the folder of claims.json. */
  record: string
}

/**
 * A claim with what its runs found. Of several runs it holds when it holds in all.
 * @param why it is open where no run judged it
 */
export function judged(claim: ListedClaim, found: readonly RunFindings[], why: string): JudgedClaim {
  const own = found.filter(({ run }) => run === claim.run)
  const verdicts = own.flatMap((each) =>
    each.verdicts.filter((verdict) => verdict.claim === claim.claim && verdict.metric === claim.metric),
  )
  const [verdict] = pooledVerdicts(verdicts.map((each) => [each]))
  const records = own.map(({ record }) => record)
  if (verdict === undefined) return { ...claim, measured: null, result: 'unknown', reason: why, records }
  const { expected, measured, unit, result, reason } = verdict
  return { ...claim, expected, measured, unit, result, reason, records }
}

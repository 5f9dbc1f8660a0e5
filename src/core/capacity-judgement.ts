import type { CapacityProbe } from './capacity.js'
import { errorShare } from './metrics.js'
import type { RunRecord } from './record.js'
import { type Doubt, doubtsOf } from './validity.js'
import { formatValue } from './value.js'

/** Whether a doubt is about the laboratory: its generator or its machine. */
export function isLaboratory(doubt: string): boolean {
  return doubt === ('generator-limited' satisfies Doubt) || doubt === ('host-limited' satisfies Doubt)
}

/** What a run says of the objective. */
type Judged = Omit<CapacityProbe, 'rps' | 'phase' | 'seed' | 'idle_after_ms' | 'run'>

/**
 * Whether the objective held in a run. A laboratory in doubt only adds latency and errors, because response times count
 * from when requests were due: an objective that holds all the same does hold. That it was missed then says nothing of
 * the system, and is null.
 */
export function judgeProbe(record: RunRecord): Judged {
  const { p50, p95, p99 } = record.latency.response_ms
  const doubts = doubtsOf(record.validity)
  const laboratory = doubts.filter(isLaboratory)
  const missed = record.verdicts.filter(({ source, result }) => source === '--slo' && result !== 'pass')
  const reasons = [
    ...missed.map(({ claim, measured, unit, reason }) => {
      const name = claim.replace(/^objective /, '')
      return measured === null
        ? `${name}: ${reason ?? 'not measured'}`
        : `${name} missed with ${formatValue(measured, unit)}`
    }),
    ...doubts.filter((doubt) => !isLaboratory(doubt)),
  ]
  const missing = reasons.length > 0
  const holds = missing && laboratory.length > 0 ? null : !missing
  return {
    holds,
    reason: missing ? [...laboratory, ...reasons].join('; ') : null,
    p50_ms: p50,
    p95_ms: p95,
    p99_ms: p99,
    achieved_rps: record.load.achieved_rps,
    errors: errorShare(record),
    doubts,
    validity: record.validity,
  }
}

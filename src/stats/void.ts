import type { ComparedRun } from '../core/comparison.js'
import type { Metric } from '../core/metric.js'

/** More requests than it could serve are a finding, not a doubt: rates and errors stand, waiting times grow with the run. */
const OVERLOADED = 'overloaded'

/** Whether a run says nothing of its variant: it failed, or the laboratory was at its limit or not steady. */
export function isVoid({ record, doubts }: Pick<ComparedRun, 'record' | 'doubts'>): boolean {
  return record === null || doubts.some((doubt) => doubt !== OVERLOADED)
}

/** Whether a run says nothing of this figure of its variant. */
export function isVoidFor(run: Pick<ComparedRun, 'record' | 'doubts'>, metric: Metric): boolean {
  if (run.record === null) return true
  return (isMeasured(metric) && isVoid(run)) || (metric.unit === 'ms' && run.doubts.includes(OVERLOADED))
}

/**
 * Whether a figure hangs on how fast everything was: rates, times, and what became of requests. Which row lies where, which
 * instance answered, which write is lost is counted, and is so on a busy machine as well.
 */
export function isMeasured({ name, unit }: Metric): boolean {
  return unit === 'ms' || unit === 'requests/s' || name.startsWith('load.')
}

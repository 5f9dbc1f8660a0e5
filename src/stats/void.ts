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
  return isVoid(run) || (metric.unit === 'ms' && run.doubts.includes(OVERLOADED))
}

import type { RunRecord } from '../core/record.js'

/** Instances that were meant to answer; 0 where they are not known. */
export function instanceCount(record: RunRecord): number {
  return record.nodes.filter((node) => node.role === 'api').length
}

/**
 * How much of a linear gain more (or fewer) instances brought: the ratio of capacities over the ratio of instances, 1
 * being linear. Null unless both runs measured a capacity (closed loop) with different, known numbers of instances
 * doing the same work.
 */
export function shareOfLinear(baseline: RunRecord, other: RunRecord): number | null {
  const [from, to] = [instanceCount(baseline), instanceCount(other)]
  const capacities = baseline.load.mode === 'closed' && other.load.mode === 'closed' && baseline.work === other.work
  if (!capacities || from === 0 || to === 0 || from === to || baseline.load.goodput_rps === 0) return null
  return other.load.goodput_rps / baseline.load.goodput_rps / (to / from)
}

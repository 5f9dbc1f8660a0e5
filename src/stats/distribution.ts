import type { RunRecord } from '../core/record.js'
import { chiSquareTest } from './chi-square.js'
import { jainIndex } from './fairness.js'

export type LatencyDistribution = RunRecord['distribution']

/**
 * How requests spread over instances, held against their weights.
 * An instance of weight 0 has no expected share (answers without an instance's name, say) and is left out of every
 * figure. With fewer than two weighted instances, or no requests, there is nothing to compare and the figures are null.
 * @throws RangeError for a negative weight or count
 */
export function distribution(instances: readonly { requests: number; weight: number }[]): LatencyDistribution {
  if (instances.some(({ weight }) => !(weight >= 0))) throw new RangeError('weights must not be negative')
  const weighted = instances.filter(({ weight }) => weight > 0)
  const requests = weighted.reduce((sum, instance) => sum + instance.requests, 0)
  if (weighted.length < 2 || requests === 0) {
    return {
      chi_square: null,
      degrees_of_freedom: Math.max(0, weighted.length - 1),
      p_value: null,
      jain_index: null,
      max_deviation: null,
    }
  }
  const test = chiSquareTest(weighted.map((instance) => ({ observed: instance.requests, weight: instance.weight })))
  return {
    chi_square: test.statistic,
    degrees_of_freedom: test.degreesOfFreedom,
    p_value: test.pValue,
    jain_index: jainIndex(weighted.map((instance) => instance.requests / instance.weight)),
    max_deviation: maxDeviation(weighted),
  }
}

/** The share each should have, 0 to 1, in the order given: its weight over the sum of weights; 0 where that sum is 0. */
export function expectedShares(instances: readonly { weight: number }[]): number[] {
  const weights = instances.reduce((sum, { weight }) => sum + weight, 0)
  return instances.map(({ weight }) => (weights === 0 ? 0 : weight / weights))
}

/** The largest |share - expected| / expected; 0.01 means that no instance is more than 1 % off. */
function maxDeviation(instances: readonly { requests: number; weight: number }[]): number {
  const total = instances.reduce((sum, { requests }) => sum + requests, 0)
  const expected = expectedShares(instances)
  return Math.max(...instances.map(({ requests }, i) => Math.abs(requests / total / (expected[i] ?? 0) - 1)))
}

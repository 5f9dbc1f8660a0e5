import { unknownValueError, usageError } from '../core/errors.js'
import type { StackParameters } from '../core/parameters.js'
import type { Topology } from '../core/topology.js'
import { BALANCING_STRATEGIES, balancingStrategy } from '../strategies/balancing/registry.js'
import { balanced } from './balanced.js'
import { replicated } from './replicated.js'
import { sharded } from './sharded.js'
import { single } from './single.js'

/**
 * The topology of these parameters.
 * @throws LabError (usage) for an unknown strategy or balancer, and for weights that do not fit
 */
export function topologyOf(parameters: StackParameters): Topology {
  if (parameters.kind === 'single') return single(parameters)
  const strategy = balancingStrategy(parameters.strategy)
  if (strategy === undefined) {
    throw unknownValueError(
      'strategy',
      parameters.strategy,
      BALANCING_STRATEGIES.map((known) => known.name),
    )
  }
  const { weights, replicas } = parameters
  if (weights !== null && !strategy.weighted) {
    throw usageError(`the strategy ${strategy.name} takes no weights`, 'Use --strategy weighted with --weights')
  }
  if (weights !== null && weights.length !== replicas) {
    throw usageError(
      `${counted(weights.length, 'weight')} for ${counted(replicas, 'replica')}`,
      `Give one weight per replica: --weights ${Array(replicas).fill(1).join(',')}`,
    )
  }
  const { database, sharding } = parameters
  if (sharding !== null) return sharded({ ...parameters, sharding }, strategy)
  return database === null ? balanced(parameters, strategy) : replicated({ ...parameters, database }, strategy)
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

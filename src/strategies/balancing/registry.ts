import { ipHash } from './ip-hash.js'
import { leastConn } from './least-conn.js'
import type { BalancingStrategy } from './port.js'
import { roundRobin } from './round-robin.js'
import { weighted } from './weighted.js'

/** All balancing strategies, the default first. */
export const BALANCING_STRATEGIES: readonly BalancingStrategy[] = [roundRobin, weighted, leastConn, ipHash]

/** The strategy of this name, or undefined. */
export function balancingStrategy(name: string): BalancingStrategy | undefined {
  return BALANCING_STRATEGIES.find((strategy) => strategy.name === name)
}

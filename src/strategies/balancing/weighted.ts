import type { BalancingStrategy } from './port.js'
import { SmoothTurns } from './smooth-turns.js'

/** Turns in proportion to the weights, spread out instead of in runs: nginx's default method with weight=. */
export const weighted: BalancingStrategy = {
  name: 'weighted',
  summary: 'turns in proportion to the weights, evenly spread',
  weighted: true,
  algorithm: 'turns',
  picker(servers) {
    const turns = new SmoothTurns(servers.map((server) => server.weight))
    return { pick: ({ available }) => turns.next((index) => available[index] === true) }
  },
}

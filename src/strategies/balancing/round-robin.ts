import type { BalancingStrategy } from './port.js'
import { SmoothTurns } from './smooth-turns.js'

/** Each server in turn, whatever its weight. */
export const roundRobin: BalancingStrategy = {
  name: 'round-robin',
  summary: 'each server in turn',
  weighted: false,
  algorithm: 'turns',
  picker(servers) {
    const turns = new SmoothTurns(servers.map(() => 1))
    return { pick: ({ available }) => turns.next((index) => available[index] === true) }
  },
}

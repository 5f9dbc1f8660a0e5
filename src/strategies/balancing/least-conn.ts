import type { BalancingStrategy } from './port.js'
import { SmoothTurns } from './smooth-turns.js'

/**
 * The server with the fewest requests in flight in proportion to its weight; among equals the turn goes round by
 * weight (ngx_http_upstream_least_conn_module.c).
 */
export const leastConn: BalancingStrategy = {
  name: 'least-conn',
  summary: 'the server with the fewest requests in flight, by weight',
  weighted: true,
  algorithm: 'least-connections',
  picker(servers) {
    const weights = servers.map((server) => server.weight)
    const turns = new SmoothTurns(weights)
    return {
      pick({ available, inFlight }) {
        // a/wa < b/wb as a*wb < b*wa: exact in whole numbers, so that ties are ties
        let best = -1
        const compare = (index: number): number =>
          (inFlight[index] ?? 0) * (weights[best] ?? 1) - (inFlight[best] ?? 0) * (weights[index] ?? 1)
        for (let index = 0; index < weights.length; index++) {
          if (available[index] !== true) continue
          if (best === -1 || compare(index) < 0) best = index
        }
        if (best === -1) throw new Error('no server is available')
        return turns.next((index) => available[index] === true && compare(index) === 0, best)
      },
    }
  },
}

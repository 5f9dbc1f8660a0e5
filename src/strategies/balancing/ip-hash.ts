import { addressBytes } from './ip-address.js'
import type { BalancingStrategy } from './port.js'
import { SmoothTurns } from './smooth-turns.js'

/** Of an address that is none, as nginx does for clients on a UNIX socket. */
const NO_ADDRESS = [0, 0, 0]
const TRIES = 20

/**
 * A client stays on one server: nginx's ip_hash (ngx_http_upstream_ip_hash_module.c). The first three octets of an
 * IPv4 address, or all sixteen bytes of an IPv6 one, are hashed into a place among the weights laid end to end. When
 * the server there is not available the hash goes on, 20 times at most; then the turn goes round by weight.
 */
export const ipHash: BalancingStrategy = {
  name: 'ip-hash',
  summary: 'a client stays on one server, by its address (/24 of IPv4)',
  weighted: true,
  algorithm: 'address-hash',
  picker(servers) {
    const weights = servers.map((server) => server.weight)
    const totalWeight = weights.reduce((sum, weight) => sum + weight, 0)
    const turns = new SmoothTurns(weights)
    return {
      pick({ available, client }) {
        const bytes = addressBytes(client)
        const key = bytes === undefined ? NO_ADDRESS : bytes.length === 4 ? bytes.slice(0, 3) : bytes
        let hash = 89
        for (let tries = 0; tries <= TRIES; tries++) {
          for (const byte of key) hash = (hash * 113 + byte) % 6271
          const index = indexAt(weights, hash % totalWeight)
          if (available[index] === true) return index
        }
        return turns.next((index) => available[index] === true)
      },
    }
  },
}

/** Which weight a place falls into when the weights are laid end to end. */
function indexAt(weights: readonly number[], place: number): number {
  let rest = place
  return weights.findIndex((weight) => {
    rest -= weight
    return rest < 0
  })
}

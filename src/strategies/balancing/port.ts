/** A server that a balancer chooses among. */
export interface Server {
  id: string
  /** A positive whole number. */
  weight: number
}

/** What a balancer knows at the moment of choosing. */
export interface Choice {
  /** Which servers may be chosen now (healthy, not tried before for this request), by index; at least one is true. */
  available: readonly boolean[]
  /** Requests in flight per server, by index. */
  inFlight: readonly number[]
  /** The client's address as text, IPv4 or IPv6. */
  client: string
}

/** Chooses servers one request after another; holds the strategy's state. */
export interface Picker {
  /** The index of the chosen server. */
  pick(choice: Choice): number
}

/**
 * How a server is chosen, for any balancer to do in its own terms: in turn, in proportion to weights where the strategy has
 * some; the one with the fewest connections; by a hash of the client's address, of IPv4 its first three octets.
 */
export type Algorithm = 'turns' | 'least-connections' | 'address-hash'

/** A balancing strategy: what it asks of any balancer, and how the built-in one does it. */
export interface BalancingStrategy {
  name: string
  /** One sentence for help texts and docs. */
  summary: string
  /** Whether --weights has a meaning for it. */
  weighted: boolean
  algorithm: Algorithm
  picker(servers: readonly Server[]): Picker
}

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

/** A balancing strategy: how nginx is told to do it, and the same for the built-in balancer. */
export interface BalancingStrategy {
  name: string
  /** One sentence for help texts and docs. */
  summary: string
  /** Whether --weights has a meaning for it. */
  weighted: boolean
  /** Directives at the head of nginx's upstream block, without indentation: ["least_conn;"]. */
  nginx: readonly string[]
  picker(servers: readonly Server[]): Picker
}

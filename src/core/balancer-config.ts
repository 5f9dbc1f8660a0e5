/**
 * What the built-in balancer (src/nodes/balancer) reads from its JSON file, at start and on every SIGHUP.
 * Topologies write it, with references in `address` that the engine fills in.
 */
export interface BalancerConfig {
  /** Name of a balancing strategy, as in "round-robin". */
  strategy: string
  servers: BalancerServer[]
  /** Failures within `fail_timeout_ms` after which a server rests that long; 0 never lets it rest. nginx's default: 1. */
  max_fails: number
  /** In milliseconds. nginx's default: 10,000. */
  fail_timeout_ms: number
  /** How long connecting to a server may take, in milliseconds; 5,000 when missing. */
  connect_timeout_ms?: number
  /** How long a server may stay silent during a request, in milliseconds; 60,000 (nginx's default) when missing. */
  read_timeout_ms?: number
}

export interface BalancerServer {
  id: string
  /** "host:port". */
  address: string
  /** A positive whole number; strategies without weights ignore it. */
  weight: number
}

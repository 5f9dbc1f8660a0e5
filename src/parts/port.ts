import type { NodeSpec, Program } from '../core/topology.js'
import type { BalancingStrategy } from '../strategies/balancing/port.js'

/** One program that a node can be, described once: whatever an engine, a report or doctor must know of it. */
export interface Part {
  name: string
  /** As a sentence calls it: "3 instances behind nginx". */
  words: string
  /** As a report lists it; its version follows where it has one of its own. */
  title: string
  program: Program
  /** Its image unless the user names another: official, small and pinned, so that two machines measure the same program. */
  image?: string
}

/** A program that sends the requests of clients to one of several servers, and tells which in X-Upstream. */
export interface BalancerPart extends Part {
  /** Path at which it answers by itself. */
  status: string
  /** What configures it. Addresses of servers are references, which the engine fills in. */
  configure(servers: readonly BalancedServer[], strategy: BalancingStrategy): Pick<NodeSpec, 'env' | 'files'>
}

export interface BalancedServer {
  id: string
  address: string
  /** A positive whole number; strategies without weights ignore it. */
  weight: number
}

/**
 * How every balancer takes a server for gone: nginx's own defaults, written out because they decide how an outage looks.
 * Connecting alone differs (60 s): on one machine a server that does not accept within a second is gone.
 */
export const PASSIVE_HEALTH = { maxFails: 1, failTimeoutMs: 10_000, connectTimeoutMs: 1_000 }

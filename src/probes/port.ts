import type { NodeStatus, NodeUsage } from '../core/stack.js'
import type { Endpoint } from '../replication/session.js'

/** A reading: a sample without its moment, which the run adds from its one clock. */
export interface Reading {
  kind: string
  node?: string
  value: number
  unit: string
}

/** What a probe may look at. */
export interface ProbeContext {
  nodes(): Promise<NodeStatus[]>
  usage(): Promise<NodeUsage[]>
  /** The database servers that can be reached at this moment, as their superuser; none for a stack without. */
  databases(): Promise<Endpoint[]>
  /** The same of shards, each a server of its own that replicates nothing; a stack has either. */
  shards(): Promise<Endpoint[]>
  signal: AbortSignal
}

/** Reads one kind of number on a schedule. A read that fails gives no reading for what failed; it never throws. */
export interface Probe {
  readonly name: string
  readonly intervalMs: number
  read(context: ProbeContext): Promise<Reading[]>
}

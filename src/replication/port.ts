import type { NodeState } from '../core/stack.js'
import type { Endpoint } from './session.js'

/** A database server of a stack, as its engine knows it. */
export interface Member {
  id: string
  state: NodeState
  /** Null while it does not run. */
  endpoint: Endpoint | null
  /** How the other nodes of the stack reach it. */
  inside: { host: string; port: number }
}

/** What replication does to the nodes of a stack, beyond what it tells the servers over SQL. */
export interface NodeControl {
  /** As they are now. */
  members(): Promise<Member[]>
  kill(node: string): Promise<void>
  restart(node: string): Promise<void>
  /** Undoes a freeze. */
  resume(node: string): Promise<void>
  write(node: string, files: Record<string, string | null>): Promise<void>
  /** A file below what the node's server keeps, or below what is written for it; null when there is none. */
  read(node: string, path: string, below?: 'data' | 'dir'): Promise<string | null>
  /** Tells those who use the databases that another one may be the primary now; nobody waits for them to hear it. */
  tell(): void
}

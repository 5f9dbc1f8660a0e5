/** The operations on a stack that faults are made of; an engine's Stack has them all. */
export interface FaultTarget {
  stop(node: string): Promise<void>
  kill(node: string): Promise<void>
  pause(node: string): Promise<void>
  resume(node: string): Promise<void>
  restart(node: string): Promise<void>
}

/** Does one bad thing to a node and can undo it. Undo is idempotent and works after a half-done inject. */
export interface Fault {
  readonly name: string
  /** One sentence for --help and the report. */
  readonly summary: string
  inject(target: FaultTarget, node: string): Promise<void>
  undo(target: FaultTarget, node: string): Promise<void>
}

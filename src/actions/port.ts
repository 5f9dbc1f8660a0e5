import type { StackParameters } from '../core/parameters.js'
import type { RunEvent } from '../core/record.js'
import type { NodeStatus } from '../core/stack.js'
import type { Stack } from '../engines/port.js'

/** What is known of a stack before anything is done to it: enough to tell what cannot be done. */
export interface Where {
  /** Ids of its nodes. */
  nodes: readonly string[]
  parameters: StackParameters
}

/** What an action is done to. */
export interface ActedOn {
  stack: Stack
  /** What the stack is made from now: it was brought up with others where an action has changed them. */
  parameters: StackParameters
  /** Nodes that came and went because they were asked to; each action adds its own before it begins. */
  readonly touched: Set<string>
  /**
   * Sends requests through an entry until all of `wanted` have answered and none of `unwanted` does any more, or for some
   * seconds. @returns those of which that was not seen
   */
  requestsReach(
    entry: string,
    wanted: readonly NodeStatus[],
    unwanted: readonly NodeStatus[],
  ): Promise<{ missing: string[]; left: string[] }>
  signal: AbortSignal
}

/** One thing to do to a running stack, read and typed. */
export interface Action {
  readonly kind: string
  /** Its words in a timeline: reading them gives the same action. */
  readonly text: string
  /** Null where it is done to the whole stack. What is done to one node waits for what is being done to it. */
  readonly node: string | null
  /** What the log of the run says: when it begins, or when it has been done. */
  readonly told: { level: RunEvent['level']; began?: string; done?: string }
  /**
   * The stack as it is afterwards.
   * @throws LabError (usage) where it cannot be done to such a stack
   */
  after(where: Where): Where
  /** What takes it back, asked for before it is done: doing that is idempotent, and mends what was done by halves. */
  inverse(on: ActedOn): Promise<Action | null>
  /** Whether it does what this inverse of an earlier action would: that one is taken back then. */
  settles(inverse: Action): boolean
  apply(on: ActedOn): Promise<void>
}

/** A kind of action: how its words are read. */
export interface ActionKind {
  readonly name: string
  /** Other names that are understood. */
  readonly aliases?: readonly string[]
  /** "kill <node>" */
  readonly usage: string
  /** One sentence for help texts and docs. */
  readonly summary: string
  /** @param words those after the name. @throws LabError (usage) */
  read(words: readonly string[]): Action
}

/** An action and when it should begin: milliseconds into the counted part. */
export interface PlannedAction {
  atMs: number
  action: Action
}

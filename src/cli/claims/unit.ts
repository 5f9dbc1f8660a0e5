import type { ListedClaim } from '../../core/claims.js'
import type { Verdict } from '../../core/record.js'
import type { BenchOptions } from '../bench-options.js'
import type { Lab } from '../lab.js'

/** One thing that a unit does, and how long it should take, in milliseconds. */
export interface UnitStep {
  what: string
  ms: number
}

/**
 * What is measured together for some claims: a stack with its runs, a plan of keys, several stacks to be compared. A
 * unit that cannot run leaves its claims open, and the others go on.
 */
export interface ClaimUnit {
  name: string
  claims: readonly ListedClaim[]
  steps: readonly UnitStep[]
  /** @throws whatever was in the way; what was found before that counts */
  run(context: UnitContext): Promise<void>
}

export interface UnitContext {
  lab: Lab
  /** Of every run: engine, durations, where reports go. */
  options: BenchOptions
  /** The next step begins. */
  step(): void
  /** What a run (as its claims name it) found, and its folder. */
  found(run: string, verdicts: readonly Verdict[], folder: string): void
}

/** How long the runs are. */
export interface Pace {
  /** Instead of the scenario's own, in milliseconds. */
  duration?: number
  warmup?: number
  /** Of an experiment, instead of its own. */
  blocks?: number
  /** Drills of each kind. */
  trials: number
  /** Load before a drill, and before and after a migration, in milliseconds. */
  baselineMs: number
}

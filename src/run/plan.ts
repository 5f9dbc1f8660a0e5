import type { PlannedAction } from '../actions/port.js'
import type { Load } from '../core/load.js'
import type { RunRecord } from '../core/record.js'
import type { Expectation } from '../core/scenario.js'
import type { Objective } from '../core/slo.js'
import type { RunKind } from '../core/validity.js'

/** All that is decided about a run before it starts. */
export interface RunPlan {
  id: string
  scenario: string
  /** Where the scenario is not a built-in one: its file. */
  scenarioFile?: string | undefined
  /** Who makes it. */
  author?: string | undefined
  question: string
  reading: string | null
  engine: RunRecord['engine']
  /** What the topology was made from; empty for a system that was already running. */
  parameters: Record<string, unknown>
  /** What a request costs, in words. */
  work: string
  load: Load
  expectations: Expectation[]
  objectives: Objective[]
  /** What is done to the stack while the load runs. */
  timeline: readonly PlannedAction[]
  /** Of what acts beside the load, and ends it: how long that should take, in milliseconds. Null for nothing. */
  actMs: number | null
  /** The instances that should answer, with their weights; empty where they are unknown. */
  instances: { id: string; weight: number }[]
}

/** What kind of run it is to be, for the checks that bear on it. */
export function kindOf({ actMs, timeline }: Pick<RunPlan, 'actMs' | 'timeline'>): RunKind {
  if (actMs !== null) return 'act'
  return timeline.length > 0 ? 'actions' : 'load'
}

import { type ListedClaim, rowsOf } from '../../core/claims.js'
import { findMetric } from '../../core/metrics.js'
import type { Expectation, Scenario } from '../../core/scenario.js'
import type { Scheme } from '../../core/shard-map.js'
import { expectedText } from '../../core/verdict.js'

/** A run that claims of a scenario need. */
export type StackRun =
  | { kind: 'load'; closed: boolean }
  | { kind: 'drill'; role: NonNullable<Expectation['drill']> }
  | { kind: 'reshard'; to: number }

/** A stack of a scenario and what is done on it, one after another. */
export interface StackPlan {
  /** The scenario with the scheme and the number of shards of this stack. */
  scenario: Scenario
  /** Where it is not the scenario's own. */
  scheme: Scheme | null
  runs: { run: StackRun; claims: ListedClaim[] }[]
}

/** What changes a stack the most comes last: a primary that has failed over is another node, rows that moved have moved. */
const ORDER = ['load', 'capacity', 'drill standby', 'drill api', 'drill primary', 'reshard'] as const

/** The stacks and runs by which all claims of a scenario can be judged, each stack brought up once. */
export function stackPlans(scenario: Scenario): StackPlan[] {
  const plans = new Map<string, StackPlan>()
  for (const expectation of scenario.expect) {
    const { shards, scheme } = placementOf(expectation, scenario)
    const key = `${shards} ${scheme}`
    const plan = plans.get(key) ?? { scenario: withPlacement(scenario, shards), scheme, runs: [] }
    plans.set(key, plan)
    const run = runOf(expectation, scenario)
    const claim = listed(expectation, scenario, run, scheme)
    const known = plan.runs.find((other) => JSON.stringify(other.run) === JSON.stringify(run))
    if (known === undefined) plan.runs.push({ run, claims: [claim] })
    else known.claims.push(claim)
  }
  for (const { runs } of plans.values()) runs.sort((a, b) => rank(a.run) - rank(b.run))
  return [...plans.values()]
}

/** A run in words, as claims name it. */
export function runWords(run: StackRun, scenario: Scenario, scheme: Scheme | null): string {
  const by = scheme === null ? '' : `, scheme ${scheme}`
  switch (run.kind) {
    case 'load':
      return `${run.closed ? 'capacity' : 'load'}${by}`
    case 'drill':
      return { primary: 'drill on the primary', standby: 'drill on a standby', api: 'drill on an API instance' }[
        run.role
      ]
    case 'reshard':
      return `migration from ${scenario.topology.sharding?.shards ?? '?'} to ${run.to} shards${by}`
  }
}

function runOf({ drill, reshard, when }: Expectation, { load }: Scenario): StackRun {
  if (drill !== undefined) return { kind: 'drill', role: drill }
  if (reshard !== undefined) return { kind: 'reshard', to: Number(reshard.split('-')[1]) }
  return { kind: 'load', closed: load.mode === 'closed' || when === 'closed' }
}

function placementOf({ reshard, scheme }: Expectation, { topology }: Scenario) {
  const { sharding } = topology
  if (sharding === null) return { shards: null, scheme: null }
  return {
    shards: reshard === undefined ? sharding.shards : Number(reshard.split('-')[0]),
    scheme: scheme === undefined || scheme === sharding.scheme ? null : scheme,
  }
}

function withPlacement(scenario: Scenario, shards: number | null): Scenario {
  const { topology } = scenario
  if (topology.sharding === null || shards === null) return scenario
  return { ...scenario, topology: { ...topology, sharding: { ...topology.sharding, shards } } }
}

function listed(expectation: Expectation, scenario: Scenario, run: StackRun, scheme: Scheme | null): ListedClaim {
  const { claim, source, metric, min, max } = expectation
  const unit = findMetric(metric)?.unit ?? ''
  const shards = placementOf(expectation, scenario).shards
  return {
    rows: rowsOf(source),
    claim,
    source: source ?? null,
    metric,
    expected: expectedText(expectation, unit),
    min: min ?? null,
    max: max ?? null,
    unit,
    scenario: scenario.name,
    run: runWords(run, withPlacement(scenario, shards), scheme),
  }
}

function rank(run: StackRun): number {
  if (run.kind === 'load') return ORDER.indexOf(run.closed ? 'capacity' : 'load')
  return ORDER.indexOf(run.kind === 'drill' ? `drill ${run.role}` : 'reshard')
}

import type { SchemePlan, SchemeStep } from '../core/shard-plan.js'
import type { SchemeOptions, ShardingScheme } from '../strategies/sharding/port.js'
import { evennessOf, fitOf } from './evenness.js'
import type { Movement, SchemeRun } from './scheme-run.js'
import { minimumMoved, needlessMove, type ShardStage } from './stages.js'

/** More arcs than this are a blur in any drawing. */
const MOST_ARCS = 2_000

/** What a scheme did, as the plan says it. @param keys how many were placed, at least one */
export function schemePlanOf(run: SchemeRun, keys: number, lookupsPerS: number | null): SchemePlan {
  const { scheme, stages } = run
  const steps = run.movements.map((movement, step) => stepOf(run, movement, step + 1, keys))
  const { cv, peak_to_mean, chi_square, p_value, traffic_peak_to_mean } = stageFigures(run, stages.length - 1)
  return {
    scheme: scheme.name,
    summary: scheme.summary,
    source: scheme.source,
    weighted: scheme.weighted,
    parameters: parametersOf(scheme, run.options),
    ...fractionsOf(run.overall, keys),
    cv,
    peak_to_mean,
    chi_square,
    p_value,
    traffic_peak_to_mean,
    lookups_per_s: lookupsPerS,
    memory_bytes: run.memoryBytes,
    before: holdings(run, 0),
    steps,
    ring: arcsOf(run, stages.length - 1),
    ring_before: arcsOf(run, 0),
    note: noteOn(run),
  }
}

function stepOf(run: SchemeRun, movement: Movement, stage: number, keys: number): SchemeStep {
  return {
    ...fractionsOf(movement, keys),
    movement: pairsOf(movement).filter(({ from, to, keys }) => from !== to && keys > 0),
    after: holdings(run, stage),
    ...stageFigures(run, stage),
  }
}

type Fractions = Pick<SchemeStep, 'moved_fraction' | 'minimum_fraction' | 'unnecessary_fraction'>

function fractionsOf(movement: Movement, keys: number): Fractions {
  const needless = needlessMove(movement.from, movement.to)
  let moved = 0
  let unnecessary = 0
  for (const pair of pairsOf(movement)) {
    if (pair.from === pair.to) continue
    moved += pair.keys
    if (needless(pair.from, pair.to)) unnecessary += pair.keys
  }
  return {
    moved_fraction: moved / keys,
    // A quarter is 0.25, whatever thirds and quarters add up to in binary.
    minimum_fraction: Number(minimumMoved(movement.from, movement.to).toFixed(12)),
    unnecessary_fraction: unnecessary / keys,
  }
}

function pairsOf({ from, to, keys }: Movement): SchemeStep['movement'] {
  return from.flatMap((source, row) =>
    to.map((target, column) => ({ from: source.id, to: target.id, keys: keys[row * to.length + column] ?? 0 })),
  )
}

type StageFigures = Pick<SchemeStep, 'cv' | 'peak_to_mean' | 'traffic_peak_to_mean' | 'chi_square' | 'p_value'>

function stageFigures(run: SchemeRun, stage: number): StageFigures {
  const keys = [...(run.keys[stage] ?? [])]
  const weights = weightsOf(run.stages[stage] ?? [])
  const { cv, peakToMean } = evennessOf(keys, weights)
  const { chiSquare, pValue } = fitOf(keys, weights)
  return {
    cv,
    peak_to_mean: peakToMean,
    traffic_peak_to_mean: evennessOf([...(run.requests[stage] ?? [])], weights).peakToMean,
    chi_square: chiSquare,
    p_value: pValue,
  }
}

function weightsOf(stage: ShardStage): number[] {
  return stage.map(({ weight }) => weight)
}

function holdings(run: SchemeRun, stage: number): SchemePlan['before'] {
  const requests = run.requests[stage] ?? new Float64Array()
  const all = requests.reduce((sum, amount) => sum + amount, 0)
  return (run.stages[stage] ?? []).map(({ id }, index) => ({
    id,
    keys: run.keys[stage]?.[index] ?? 0,
    traffic: (requests[index] ?? 0) / all,
  }))
}

const PARAMETERS = { hash: 'hash', vnodes: 'vnodes', tableSize: 'table_size', epsilon: 'epsilon' } as const

function parametersOf({ heeds = [] }: ShardingScheme, options: SchemeOptions): SchemePlan['parameters'] {
  return Object.fromEntries(heeds.map((name) => [PARAMETERS[name], options[name]]))
}

/** The arcs of a stage's ring; null for what is no ring, and for one with too many. */
function arcsOf(run: SchemeRun, stage: number): SchemePlan['ring'] {
  const arcs = run.placementAt(stage)?.arcs?.() ?? []
  const [first, last] = [arcs[0], arcs.at(-1)]
  if (first === undefined || last === undefined || arcs.length >= MOST_ARCS) return null
  // What is behind the last point belongs to the first.
  const closed = last.end < 1 ? [...arcs, { end: 1, shard: first.shard }] : arcs
  return closed.map(({ end, shard }) => [end, run.shardAt(stage, shard)?.id ?? ''])
}

/** What to know about a scheme that did not do quite what was asked. */
function noteOn({ scheme, stages, options, isRenumbered }: SchemeRun): string | null {
  const weighted = stages.some((stage) => stage.some(({ weight }) => weight !== stage[0]?.weight))
  const most = Math.max(...stages.map((stage) => stage.length))
  const tooSmall = scheme.heeds?.includes('tableSize') === true && options.tableSize < 100 * most
  const notes = [
    ...(weighted && !scheme.weighted ? ['takes no weights: every shard gets the same share'] : []),
    ...(isRenumbered
      ? ['only its last shard can leave: the last took the number of the lost one, and its own keys moved with it']
      : []),
    ...(tooSmall
      ? [`a table of ${options.tableSize} has fewer than 100 entries per shard: shares differ by over 1 %`]
      : []),
  ]
  return notes.length === 0 ? null : notes.join('; ')
}

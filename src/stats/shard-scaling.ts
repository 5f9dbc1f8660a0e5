import type { RunRecord, Verdict } from '../core/record.js'
import { shardingParametersOf, stackParametersOf } from '../core/record-parameters.js'
import { doubtsOf } from '../core/validity.js'
import { formatValue } from '../core/value.js'
import { median } from './quantiles.js'
import { hottestShard, schemeOf, shardCount } from './shards.js'

/** Below this share of linear, capacity does not grow linearly with the shards. */
export const LINEAR = 0.9

/** Claim 14, before anything is measured. */
export const SCALING_CLAIM = {
  claim: 'with sharding, capacity grows linearly with the shards',
  source: 'document 000, claim 14',
  metric: 'sharding.efficiency',
  expected: `at least ${formatValue(LINEAR, 'share')} of linear with every number of shards`,
} as const

/** What so many shards answered. */
export interface ShardScalingPoint {
  shards: number
  /** How often it was measured; the figures are medians. */
  runs: readonly RunRecord[]
  /** Answers below 400 per second. */
  goodput: number
  /** Over the goodput of the fewest shards. */
  speedup: number
  /** Speed-up over the ratio of shards; 1 is linear. */
  efficiency: number
  /** Share of the requests that the hottest shard answered, 0 to 1. */
  hottest: number | null
}

/** Runs of one load that differ in the number of shards alone. */
export interface ScalingGroup {
  scheme: string
  /** "uniform keys", "zipf:0.99 keys". */
  keys: string
  /** By number of shards; at least two. */
  points: readonly [ShardScalingPoint, ShardScalingPoint, ...ShardScalingPoint[]]
}

/**
 * Runs that tell how capacity grows with the number of shards: closed loops, without a fault or a migration, on stacks
 * that differ in nothing else. One shard is the same with every scheme, so it belongs to the runs of each.
 */
export function scalingGroups(records: readonly RunRecord[]): ScalingGroup[] {
  const measured = records.filter(isCapacity)
  const alike = [...new Set(measured.map(restOf))]
  return alike.flatMap((rest) => {
    const runs = measured.filter((record) => restOf(record) === rest)
    const schemes = new Set(runs.filter((record) => shardCount(record) !== 1).map(schemeOf))
    return [...schemes].flatMap((scheme) =>
      groupOf(
        scheme ?? 'unknown',
        runs.filter((record) => shardCount(record) === 1 || schemeOf(record) === scheme),
      ),
    )
  })
}

/** Claim 14 held against each group: capacity grows linearly with the shards. Empty where no runs can tell. */
export function scalingVerdicts(records: readonly RunRecord[]): Verdict[] {
  const groups = scalingGroups(records)
  const schemes = new Set(groups.map(({ scheme }) => scheme))
  return groups.map((group): Verdict => {
    const [fewest, ...others] = group.points
    const worst = others.reduce((least, point) => (point.efficiency < least.efficiency ? point : least))
    const doubts = group.points.flatMap(({ shards, runs }) =>
      runs.flatMap(({ validity }) => doubtsOf(validity)).map((doubt) => `${doubt} with ${shardWords(shards)}`),
    )
    // A full machine makes shards look slower. It makes growth look linear only where the fewest were measured on it.
    const linear = worst.efficiency >= LINEAR
    const decided =
      doubts.length === 0 || (linear && fewest.runs.every(({ validity }) => doubtsOf(validity).length === 0))
    const reasons = [
      ...(others.length > 1 ? [`least with ${shardWords(worst.shards)}`] : []),
      ...(doubts.length === 0 ? [] : [`in doubt: ${[...new Set(doubts)].join(', ')}`]),
    ]
    return {
      ...SCALING_CLAIM,
      claim: `${SCALING_CLAIM.claim} (${group.keys}${schemes.size > 1 ? `, ${group.scheme}` : ''})`,
      measured: worst.efficiency,
      unit: 'share',
      result: decided ? (linear ? 'pass' : 'fail') : 'unknown',
      reason: reasons.length === 0 ? null : reasons.join('; '),
    }
  })
}

function shardWords(shards: number): string {
  return shards === 1 ? 'one shard' : `${shards} shards`
}

function isCapacity(record: RunRecord): boolean {
  return (
    shardingParametersOf(record) !== null &&
    record.load.mode === 'closed' &&
    record.status === 'complete' &&
    record.trial === undefined &&
    record.reshard === undefined &&
    record.load.goodput_rps > 0
  )
}

/** All that shapes a capacity but the number of shards, their scheme and their weights. */
function restOf(record: RunRecord): string {
  const { work, engine, load, environment } = record
  const stack = stackParametersOf(record)
  const { shards: _shards, scheme: _scheme, weights: _weights, vnodes: _vnodes, ...each } = stack?.sharding ?? {}
  const mix = load.workload === undefined ? null : [load.workload.mix, load.workload.keys, load.workload.consistency]
  const rest = [stack?.replicas, stack?.balancer, stack?.strategy, stack?.cpus]
  return JSON.stringify([work, engine, environment.cpu, environment.cores, rest, each, mix, load.connections])
}

function groupOf(scheme: string, records: readonly RunRecord[]): ScalingGroup[] {
  const counts = [...new Set(records.flatMap((record) => shardCount(record) ?? []))].toSorted((a, b) => a - b)
  const of = (shards: number): RunRecord[] => records.filter((record) => shardCount(record) === shards)
  const goodput = (shards: number): number => median(of(shards).map(({ load }) => load.goodput_rps)) ?? 0
  const [fewest = 1] = counts
  const [first, second, ...others] = counts.map((shards): ShardScalingPoint => {
    const speedup = goodput(shards) / goodput(fewest)
    return {
      shards,
      runs: of(shards),
      goodput: goodput(shards),
      speedup,
      efficiency: speedup / (shards / fewest),
      hottest: median(of(shards).flatMap((record) => hottestShard(record)?.share ?? [])),
    }
  })
  if (first === undefined || second === undefined) return []
  return [{ scheme, keys: keyWords(first.runs[0]), points: [first, second, ...others] }]
}

function keyWords(record: RunRecord | undefined): string {
  const keys = record?.load.workload?.keys
  if (keys === undefined) return 'one request'
  return keys.distribution === 'zipf' ? `zipf:${keys.exponent} keys` : `${keys.distribution} keys`
}

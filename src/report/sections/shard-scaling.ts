import type { RunRecord } from '../../core/record.js'
import { shardingParametersOf, stackParametersOf } from '../../core/record-parameters.js'
import { formatNumber, formatRatio, formatShare } from '../../core/units.js'
import { LINEAR, type ScalingGroup } from '../../stats/shard-scaling.js'
import { scalingNames } from '../charts/growth.js'
import { count } from '../quantities.js'
import { table } from '../table.js'

/** How capacity grows with the number of shards, by how keys are drawn; nothing where no runs can tell. */
export function scalingSection(groups: readonly ScalingGroup[]): string[] {
  const [group] = groups
  if (group === undefined) return []
  const names = scalingNames(groups)
  const repeated = groups.some(({ points }) => points.some(({ runs }) => runs.length > 1))
  const numbers = [
    'Shards',
    ...(repeated ? ['Runs'] : []),
    'Goodput/s',
    'Speed-up',
    'Efficiency',
    'Hottest shard',
    'It allows',
    'Fair',
  ]
  return [
    '## Scaling with shards',
    table(
      [{ title: 'Load' }, ...numbers.map((title) => ({ title, align: 'right' as const }))],
      groups.flatMap(({ points }, i) =>
        points.map(({ shards, runs, goodput, speedup, efficiency, hottest }) => [
          names[i] ?? '',
          formatNumber(shards),
          ...(repeated ? [formatNumber(runs.length)] : []),
          formatNumber(goodput),
          formatRatio(speedup),
          formatShare(efficiency),
          hottest === null ? '-' : formatShare(hottest),
          allowed(points[0].hottest, hottest),
          formatShare(1 / shards),
        ]),
      ),
    ),
    [
      `Capacities of closed loops; speed-up is over the fewest shards, efficiency is speed-up over the ratio of shards, and from ${formatShare(LINEAR)} on growth is called linear.`,
      ...(repeated ? ['Goodput is the median of the runs.'] : []),
      'The hottest shard sets the limit: as soon as it is full, the others wait with it. "It allows" is the speed-up at which it is as busy as the hottest of the fewest shards was.',
      statedCapacity(group.points[0].runs[0]),
    ].join(' '),
  ]
}

function allowed(first: number | null, hottest: number | null): string {
  return first === null || hottest === null || hottest === 0 ? '-' : formatRatio(first / hottest)
}

/** What one shard can do, as it was stated. */
function statedCapacity(record: RunRecord | undefined): string {
  const sharding = record === undefined ? null : shardingParametersOf(record)
  if (record === undefined || sharding === null) return ''
  const instances = stackParametersOf(record)?.replicas ?? 1
  const limits = [
    ...(sharding.query_ms > 0
      ? [
          `${formatNumber((instances * sharding.pool * 1_000) / sharding.query_ms)} requests/s at most (${count(instances, 'instance')}, ${count(sharding.pool, 'connection')} each, ${formatNumber(sharding.query_ms)} ms added to each request)`,
        ]
      : []),
    ...(sharding.cpus === null ? [] : [`${formatNumber(sharding.cpus)} of a processor`]),
  ]
  return limits.length === 0
    ? '**No capacity was stated**: all shards share the cores of one machine, so what more of them bring is limited by it.'
    : `Each shard has a stated capacity, the same for all: ${limits.join(', and ')}.`
}

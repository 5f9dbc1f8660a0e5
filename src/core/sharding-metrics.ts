import type { Metric } from './metric.js'
import type { RunRecord } from './record.js'
import { shardingParametersOf } from './record-parameters.js'
import type { ShardRecord } from './sharding.js'

/** Those that are meant to hold keys: one without slots has left, or is not there yet. */
function holders(record: RunRecord): ShardRecord[] {
  return (record.sharding?.shards ?? []).filter(({ slots }) => slots > 0)
}

/** The weight of a shard: by the map, else as the stack was made, by the number in its id; 1 where none is given. */
function weightOf(record: RunRecord, { id, weight }: ShardRecord): number {
  return weight ?? shardingParametersOf(record)?.weights?.[Number(/\d+$/.exec(id)?.[0] ?? 0) - 1] ?? 1
}

/** Largest |share - fair| / fair of the keys over the shards, fair being the share by weight. */
function keyDeviation(record: RunRecord): number | null {
  const shards = holders(record)
  const counted = shards.flatMap((shard) =>
    shard.keys === null ? [] : { keys: shard.keys, weight: weightOf(record, shard) },
  )
  const keys = counted.reduce((sum, shard) => sum + shard.keys, 0)
  const weights = counted.reduce((sum, { weight }) => sum + weight, 0)
  if (counted.length < Math.max(2, shards.length) || keys === 0) return null
  return Math.max(...counted.map((shard) => Math.abs((shard.keys * weights) / (keys * shard.weight) - 1)))
}

/** Answers of the hottest shard over those of the mean one; 1 is even. */
function skew(record: RunRecord): number | null {
  const answers = holders(record).map(({ requests }) => requests)
  const all = answers.reduce((sum, count) => sum + count, 0)
  return all === 0 ? null : (Math.max(...answers) * answers.length) / all
}

function astray({ sharding }: RunRecord): number | null {
  if (sharding === undefined) return null
  const { misplaced, misslotted, duplicated } = sharding
  return misplaced === null || misslotted === null || duplicated === null ? null : misplaced + misslotted + duplicated
}

/** Of all keys; null unless a migration came to its end. */
function keyFraction({ reshard }: RunRecord, of: 'moved' | 'minimum'): number | null {
  if (reshard?.outcome !== 'moved' || reshard.plan.keys.total === 0) return null
  return reshard.plan.keys[of] / reshard.plan.keys.total
}

/** Figures of stacks of shards and of migrations; null for every other record. */
export const SHARDING_METRICS = [
  {
    name: 'sharding.max_deviation',
    short: 'key_deviation',
    label: 'largest deviation of a shard from its share of the keys',
    unit: 'share',
    better: 'less',
    read: keyDeviation,
  },
  {
    name: 'sharding.misplaced',
    short: 'misplaced',
    label: 'rows on the wrong shard, in the wrong slot or on two shards',
    unit: 'rows',
    better: 'less',
    read: astray,
  },
  {
    name: 'sharding.skew',
    short: 'skew',
    label: 'answers of the hottest shard over those of the mean one',
    unit: '',
    better: 'less',
    read: skew,
  },
  {
    name: 'sharding.moved_fraction',
    short: 'moved',
    label: 'keys that the migration moved',
    unit: 'share',
    better: 'less',
    read: (record: RunRecord) => keyFraction(record, 'moved'),
  },
  {
    name: 'sharding.minimum_fraction',
    short: 'minimum_moved',
    label: 'keys that any scheme must have moved',
    unit: 'share',
    read: (record: RunRecord) => keyFraction(record, 'minimum'),
  },
  {
    name: 'sharding.moved_rows',
    short: 'moved_rows',
    label: 'rows that the migration moved',
    unit: 'rows',
    better: 'less',
    read: ({ reshard }: RunRecord) => reshard?.moved_rows ?? null,
  },
  {
    name: 'sharding.moving_ms',
    short: 'moving',
    label: 'time that the migration took',
    unit: 'ms',
    better: 'less',
    read: ({ reshard }: RunRecord) => (reshard === undefined ? null : reshard.ended_ms - reshard.started_ms),
  },
  {
    name: 'sharding.held_ms.p95',
    short: 'held_p95',
    label: 'time for which writes to what was moving had to wait, p95',
    unit: 'ms',
    better: 'less',
    read: ({ reshard }: RunRecord) => reshard?.held_ms.p95 ?? null,
  },
  {
    name: 'sharding.held_ms.max',
    short: 'held_max',
    label: 'longest time for which a write to what was moving had to wait',
    unit: 'ms',
    better: 'less',
    read: ({ reshard }: RunRecord) => reshard?.held_ms.max ?? null,
  },
] as const satisfies readonly Metric[]

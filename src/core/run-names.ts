import type { RunRecord } from './record.js'
import { databaseParametersOf, detectorOf, shardingParametersOf, stackParametersOf } from './record-parameters.js'
import { drillTargetOf } from './trial.js'

/** A setting that can tell runs apart. */
interface Setting {
  /** As in "durability=on"; null for values that speak for themselves. */
  name: string | null
  /** Null where the run has no such setting. */
  read: (record: RunRecord) => string | null
  /** A run without the setting does not differ from one with it. */
  optional?: boolean
}

const WAITS: readonly string[] = ['remote-write', 'on', 'remote-apply']

/** Of replicated stacks. */
const REPLICATED: readonly Setting[] = [
  { name: null, read: ({ trial }) => (trial === undefined ? null : `${trial.fault} ${drillTargetOf(trial)}`) },
  // The name repl-<n> says it already.
  { name: 'standbys', read: (record) => (/^repl-\d+$/.test(record.scenario) ? null : database(record, 'standbys')) },
  { name: 'durability', read: (record) => database(record, 'durability') },
  {
    name: 'sync',
    read: (record) => (WAITS.includes(database(record, 'durability') ?? '') ? database(record, 'sync_standbys') : null),
    optional: true,
  },
  { name: 'reads', read: (record) => database(record, 'reads') },
  { name: 'consistency', read: ({ load }) => load.workload?.consistency ?? null, optional: true },
  { name: 'rows', read: (record) => database(record, 'rows') },
  { name: 'pool', read: (record) => database(record, 'pool') },
  { name: 'query-ms', read: (record) => database(record, 'query_ms') },
  { name: 'apply-delay-ms', read: (record) => database(record, 'apply_delay_ms') },
  { name: 'db-cpus', read: (record) => database(record, 'cpus') },
  { name: 'replicas', read: (record) => text(stackParametersOf(record)?.replicas) },
  {
    name: 'detector',
    read: (record) => {
      const detector = detectorOf(record)
      return detector === null ? null : `${detector.interval_ms}ms*${detector.misses}`
    },
    optional: true,
  },
]

/** Of stacks of shards. */
const SHARDED: readonly Setting[] = [
  { name: null, read: migration },
  // The name shard-<n> says it already.
  {
    name: 'shards',
    read: (record) => (/^shard(-scaling)?-\d+$/.test(record.scenario) ? null : sharding(record, 'shards')),
  },
  { name: 'scheme', read: scheme },
  { name: 'shard-weights', read: (record) => shardingParametersOf(record)?.weights?.join(',') ?? 'equal' },
  {
    name: 'vnodes',
    read: (record) => (HAVE_VNODES.includes(scheme(record) ?? '') ? sharding(record, 'vnodes') : null),
    optional: true,
  },
  { name: 'keys', read: keys, optional: true },
  { name: 'rows', read: (record) => sharding(record, 'rows') },
  { name: 'pool', read: (record) => sharding(record, 'pool') },
  { name: 'query-ms', read: (record) => sharding(record, 'query_ms') },
  { name: 'db-cpus', read: (record) => sharding(record, 'cpus') },
  { name: 'replicas', read: (record) => text(stackParametersOf(record)?.replicas) },
  {
    name: 'max-rows-per-second',
    read: ({ reshard }) => (reshard === undefined ? null : (text(reshard.options.max_rows_per_second) ?? 'any')),
    optional: true,
  },
]

/** Schemes with points on a ring. */
const HAVE_VNODES: readonly string[] = ['ring', 'bounded']

/** "3-to-4", "to-modulo", "moved" where weights alone changed, or null for runs in which nothing moved. */
function migration({ reshard }: RunRecord): string | null {
  if (reshard === undefined) return null
  const { from, to } = reshard.plan
  const words = [
    ...(from.shards.length === to.shards.length ? [] : [`${from.shards.length}-to-${to.shards.length}`]),
    ...(from.scheme === to.scheme ? [] : [`to-${to.scheme}`]),
  ]
  return words.join(' ') || 'moved'
}

/** The scheme that a run began with. */
function scheme(record: RunRecord): string | null {
  return record.reshard?.plan.from.scheme ?? record.sharding?.scheme ?? sharding(record, 'scheme')
}

function keys({ load: { workload } }: RunRecord): string | null {
  if (workload === undefined) return null
  const { distribution, exponent } = workload.keys
  return distribution === 'zipf' ? `zipf:${exponent}` : distribution
}

function sharding(
  record: RunRecord,
  key: Exclude<keyof NonNullable<ReturnType<typeof shardingParametersOf>>, 'weights'>,
): string | null {
  return text(shardingParametersOf(record)?.[key])
}

function database(record: RunRecord, key: keyof NonNullable<ReturnType<typeof databaseParametersOf>>): string | null {
  return text(databaseParametersOf(record)?.[key])
}

function text(value: string | number | null | undefined): string | null {
  return value === undefined || value === null ? null : String(value)
}

/**
 * A short name for each run: its scenario; on stacks with databases with the settings in which these runs differ
 * ("repl-2 durability=on", "shard-3 scheme=ring"); numbered where several still share one.
 */
export function nameRuns(records: readonly RunRecord[]): string[] {
  const names = records.map(({ scenario }) => scenario)
  for (const { has, settings } of KINDS) {
    const kind = records.filter(has)
    const telling = settings.filter(({ read, optional }) => {
      const values = kind.map(read).filter((value) => value !== null || optional !== true)
      return new Set(values).size > 1
    })
    for (const [i, record] of records.entries()) {
      if (!has(record)) continue
      names[i] = [record.scenario, ...telling.flatMap(({ name, read }) => word(name, read(record)))].join(' ')
    }
  }
  return names.map((name, i) => {
    const same = names.filter((other) => other === name).length
    return same === 1 ? name : `${name} #${names.slice(0, i + 1).filter((other) => other === name).length}`
  })
}

const KINDS: readonly { has: (record: RunRecord) => boolean; settings: readonly Setting[] }[] = [
  { has: (record) => databaseParametersOf(record) !== null, settings: REPLICATED },
  { has: (record) => shardingParametersOf(record) !== null, settings: SHARDED },
]

function word(name: string | null, value: string | null): string[] {
  if (value === null) return []
  return [name === null ? value : `${name}=${value}`]
}

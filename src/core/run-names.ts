import { DATABASE } from './parameters/database.js'
import { setting } from './parameters/lay.js'
import { flagOf, type Parameter } from './parameters/row.js'
import { SHARDING } from './parameters/sharding.js'
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

/** The parameters of a section, by the names of their flags. What the stack's own name says already is left out. */
function settingsOf(rows: Readonly<Record<string, Parameter>>, named: RegExp, count: string): Setting[] {
  return Object.entries(rows).map(([name, row]) => ({
    name: flagOf(name).slice(2),
    read: (record) =>
      name === count && named.test(record.scenario)
        ? null
        : name === 'scheme'
          ? scheme(record)
          : setting(stackParametersOf(record), row),
    // Where it has a meaning only with some values of another parameter.
    ...('when' in row ? { optional: true } : {}),
  }))
}

const REPLICAS: Setting = { name: 'replicas', read: (record) => text(stackParametersOf(record)?.replicas) }

/** Of replicated stacks. */
const REPLICATED: readonly Setting[] = [
  { name: null, read: ({ trial }) => (trial === undefined ? null : `${trial.fault} ${drillTargetOf(trial)}`) },
  ...settingsOf(DATABASE, /^repl-\d+$/, 'standbys'),
  { name: 'consistency', read: ({ load }) => load.workload?.consistency ?? null, optional: true },
  REPLICAS,
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
  ...settingsOf(SHARDING, /^shard(-scaling)?-\d+$/, 'shards'),
  { name: 'keys', read: keys, optional: true },
  REPLICAS,
  {
    name: 'max-rows-per-second',
    read: ({ reshard }) => (reshard === undefined ? null : (text(reshard.options.max_rows_per_second) ?? 'any')),
    optional: true,
  },
]

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
  return record.reshard?.plan.from.scheme ?? record.sharding?.scheme ?? shardingParametersOf(record)?.scheme ?? null
}

function keys({ load: { workload } }: RunRecord): string | null {
  if (workload === undefined) return null
  const { distribution, exponent } = workload.keys
  return distribution === 'zipf' ? `zipf:${exponent}` : distribution
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

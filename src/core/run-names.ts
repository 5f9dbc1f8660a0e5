import type { RunRecord } from './record.js'
import { databaseParametersOf, detectorOf, stackParametersOf } from './record-parameters.js'
import { targetOf } from './trial.js'

/** A setting that can tell runs on replicated stacks apart. */
interface Setting {
  /** As in "durability=on"; null for values that speak for themselves. */
  name: string | null
  /** Null where the run has no such setting. */
  read: (record: RunRecord) => string | null
  /** A run without the setting does not differ from one with it. */
  optional?: boolean
}

const WAITS: readonly string[] = ['remote-write', 'on', 'remote-apply']

const SETTINGS: readonly Setting[] = [
  { name: null, read: ({ trial }) => (trial === undefined ? null : `${trial.fault} ${targetOf(trial)}`) },
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

function database(record: RunRecord, key: keyof NonNullable<ReturnType<typeof databaseParametersOf>>): string | null {
  return text(databaseParametersOf(record)?.[key])
}

function text(value: string | number | null | undefined): string | null {
  return value === undefined || value === null ? null : String(value)
}

/**
 * A short name for each run: its scenario; on replicated stacks with the settings in which these runs differ ("repl-2
 * durability=on"); numbered where several still share one.
 */
export function nameRuns(records: readonly RunRecord[]): string[] {
  const replicated = records.filter((record) => databaseParametersOf(record) !== null)
  const telling = SETTINGS.filter(({ read, optional }) => {
    const values = replicated.map(read).filter((value) => value !== null || optional !== true)
    return new Set(values).size > 1
  })
  const names = records.map((record) =>
    replicated.includes(record)
      ? [record.scenario, ...telling.flatMap(({ name, read }) => word(name, read(record)))].join(' ')
      : record.scenario,
  )
  return names.map((name, i) => {
    const same = names.filter((other) => other === name).length
    return same === 1 ? name : `${name} #${names.slice(0, i + 1).filter((other) => other === name).length}`
  })
}

function word(name: string | null, value: string | null): string[] {
  if (value === null) return []
  return [name === null ? value : `${name}=${value}`]
}

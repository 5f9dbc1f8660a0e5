import { held, STACK_SECTIONS } from '../core/parameters/lay.js'
import type { Parameter } from '../core/parameters/row.js'
import type { RunRecord } from '../core/record.js'
import { actionsOf } from '../core/record-actions.js'
import { detectorOf, stackParametersOf } from '../core/record-parameters.js'
import { drillTargetOf } from '../core/trial.js'
import { formatDuration, formatNumber } from '../core/units.js'
import { schemeOf, shardCount } from '../stats/shards.js'
import { isReshard, moveWords } from './reshard-words.js'
import { loadWords } from './stack-words.js'

interface Factor {
  name: string
  kind: 'stack' | 'load' | 'laboratory'
  read: (record: RunRecord) => string
}

/** What shapes a run's figures, by name. Two runs compare what differs here, all of it together. */
const FACTORS: readonly Factor[] = [
  {
    name: 'instances',
    kind: 'stack',
    read: (record) => formatNumber(record.nodes.filter(({ role }) => role === 'api').length),
  },
  {
    name: 'balancer',
    kind: 'stack',
    read: (record) => record.nodes.find(({ role }) => role === 'balancer')?.program ?? 'none',
  },
  {
    name: 'strategy',
    kind: 'stack',
    read: (record) => (balanced(record) ? String(record.parameters.strategy) : '-'),
  },
  { name: 'weights', kind: 'stack', read: (record) => record.instances.map(({ weight }) => weight).join(',') },
  { name: 'application', kind: 'stack', read: (record) => [...new Set(programs(record))].join(', ') || '-' },
  { name: 'target', kind: 'stack', read: (record) => (record.engine === null ? record.target : 'own stack') },
  { name: 'CPU limit', kind: 'stack', read: (record) => String(record.parameters.cpus ?? 'none') },
  { name: 'memory limit (MiB)', kind: 'stack', read: (record) => String(record.parameters.memory_mib ?? 'none') },
  ...STACK_SECTIONS.flatMap((rows) => Object.values<Parameter>(rows)).map(stackFactor),
  { name: 'failure detector', kind: 'stack', read: detectorWords },
  { name: 'migration', kind: 'load', read: (record) => (isReshard(record) ? moveWords(record.reshard) : '-') },
  { name: 'rows/s that may move', kind: 'load', read: throttle },
  {
    name: 'drill',
    kind: 'load',
    read: ({ trial }) => (trial === undefined ? '-' : `${trial.fault} ${drillTargetOf(trial)}`),
  },
  { name: 'mix', kind: 'load', read: mix },
  { name: 'keys', kind: 'load', read: keys },
  { name: 'consistency', kind: 'load', read: ({ load }) => load.workload?.consistency ?? '-' },
  { name: 'work per request', kind: 'load', read: (record) => record.work },
  { name: 'load', kind: 'load', read: loadWords },
  { name: 'connections', kind: 'load', read: (record) => formatNumber(record.load.connections) },
  { name: 'arrivals', kind: 'load', read: (record) => record.load.arrival ?? '-' },
  { name: 'stages', kind: 'load', read: stages },
  { name: 'simulated clients', kind: 'load', read: (record) => formatNumber(record.load.clients) },
  { name: 'warm-up', kind: 'load', read: (record) => formatDuration(record.load.warmup_ms) },
  { name: 'actions', kind: 'load', read: actions },
  {
    name: 'counted time',
    kind: 'load',
    read: (record) =>
      record.trial === undefined && record.reshard === undefined
        ? // As planned: when the last answer came is chance.
          formatDuration(record.load.planned_ms)
        : `as long as the ${record.trial === undefined ? 'migration' : 'drill'} took`,
  },
  { name: 'engine', kind: 'laboratory', read: (record) => record.engine ?? 'none' },
  {
    name: 'processor',
    kind: 'laboratory',
    read: ({ environment }) => `${environment.cpu}, ${environment.cores} cores`,
  },
  { name: 'platform', kind: 'laboratory', read: ({ environment }) => environment.platform },
  { name: 'Node.js', kind: 'laboratory', read: ({ environment }) => environment.node },
  { name: 'scalelab', kind: 'laboratory', read: ({ environment }) => environment.scalelab },
]

export interface Difference {
  name: string
  kind: 'stack' | 'load' | 'laboratory'
  /** One per run. */
  values: string[]
}

/** The factors in which runs differ. */
export function differences(records: readonly RunRecord[]): Difference[] {
  return FACTORS.map(({ name, kind, read }) => ({ name, kind, values: records.map(read) })).filter(
    ({ values, name }) => new Set(values).size > 1 && !(name === 'weights' && sameByInstances(values)),
  )
}

/** Whether a run repeats another: nothing that shapes its figures differs, the seed aside. */
export function repeats(one: RunRecord, other: RunRecord): boolean {
  return one.scenario === other.scenario && differences([one, other]).length === 0
}

/** Weights that are all 1 differ only as the number of instances does. */
function sameByInstances(values: readonly string[]): boolean {
  return values.every((value) => /^(1(,1)*)?$/.test(value))
}

function balanced(record: RunRecord): boolean {
  return record.nodes.some(({ role }) => role === 'balancer') && record.parameters.strategy !== undefined
}

function programs(record: RunRecord): string[] {
  return record.nodes.filter(({ role }) => role === 'api').map(({ program }) => program)
}

function stages(record: RunRecord): string {
  const { stages } = record.load
  return stages.length < 2
    ? '-'
    : stages.map(({ duration_ms, rps }) => `${formatDuration(duration_ms)}: ${formatNumber(rps)}/s`).join(', ')
}

function actions(record: RunRecord): string {
  const asked = actionsOf(record).filter(({ by }) => by !== 'end')
  const words = asked.map(({ action, asked_ms }) => `${action} at ${formatDuration(asked_ms - record.load.warmup_ms)}`)
  return words.join(', ') || 'none'
}

/** A parameter of the stack; of shards as they were when the run began. */
function stackFactor(row: Parameter): Factor {
  const { path, label: name } = row
  const read = (record: RunRecord): string | null =>
    path === 'sharding.shards' ? text(shardCount(record)) : path === 'sharding.scheme' ? schemeOf(record) : null
  return { name, kind: 'stack', read: (record) => read(record) ?? held(stackParametersOf(record), row) ?? '-' }
}

function text(value: number | null): string | null {
  return value === null ? null : String(value)
}

function throttle({ reshard }: RunRecord): string {
  if (reshard === undefined) return '-'
  const { max_rows_per_second } = reshard.options
  return max_rows_per_second === null ? 'any number' : formatNumber(max_rows_per_second)
}

function detectorWords(record: RunRecord): string {
  const detector = detectorOf(record)
  return detector === null ? '-' : `${formatDuration(detector.interval_ms)}, ${formatNumber(detector.misses)} misses`
}

function mix({ load: { workload } }: RunRecord): string {
  return workload === undefined ? '-' : workload.mix.map(({ kind, weight }) => `${kind}:${weight}`).join(', ')
}

function keys({ load: { workload } }: RunRecord): string {
  if (workload === undefined) return '-'
  const { distribution, count, exponent } = workload.keys
  return `${formatNumber(count)} ${distribution}${distribution === 'zipf' ? `:${exponent}` : ''}`
}

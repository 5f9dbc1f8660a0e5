import type { CapacityRecord } from '../core/capacity.js'
import { visible } from '../core/outside-text.js'
import { flagsFor } from '../core/parameters/lay.js'
import type { StackParameters } from '../core/parameters.js'
import type { RunRecord } from '../core/record.js'
import { actionsOf } from '../core/record-actions.js'
import { detectorOf, stackParametersOf } from '../core/record-parameters.js'
import { drillTargetOf, type Trial } from '../core/trial.js'
import { isReshard, type ReshardRun } from './reshard-words.js'

/** Longest line of a command, in characters: what GitHub shows without scrolling. */
const LINE = 96

/** The command that repeats a run, in lines that a shell joins again. Header values that were secret read "***". */
export function repeatCommand(record: RunRecord): string {
  if (record.trial !== undefined) return drillCommand(record, record.trial, 1)
  if (isReshard(record)) return reshardCommand(record)
  const stack =
    record.engine === null
      ? ['--url', `${record.target}${record.load.request.path}`]
      : stackWords(record, record.engine)
  return wrapped(
    ['scalelab', 'bench', ...stack, ...requestFlags(record), ...loadFlags(record), ...timelineFlags(record)].map(
      quoted,
    ),
  )
}

/** The commands that repeat drills: the stack they were on, and the drills. */
export function drillCommand(record: RunRecord, trial: Pick<Trial, 'node' | 'role' | 'fault'>, trials: number): string {
  const detector = detectorOf(record)
  const drill = [
    ...['scalelab', 'failover', drillTargetOf(trial), '--fault', trial.fault],
    ...(trials === 1 ? [] : ['--trials', String(trials)]),
    ...(detector === null
      ? []
      : ['--detect-interval', duration(detector.interval_ms), '--detect-misses', String(detector.misses)]),
  ]
  return onItsStack(record, drill)
}

/** A command that acts on a stack under load, after the one that brings the stack up. */
function onItsStack(record: RunRecord, action: readonly string[]): string {
  const { load } = record
  const words = [
    ...action,
    ...(load.stages[0] === undefined ? [] : ['--rps', String(load.stages[0].rps)]),
    ...workloadFlags(load),
    ...['--connections', String(load.connections)],
    ...(load.timeout_ms === 10_000 ? [] : ['--timeout', duration(load.timeout_ms)]),
    ...['--seed', String(record.seed)],
  ]
  const up =
    record.engine === null ? [] : [wrapped(['scalelab', 'up', ...stackWords(record, record.engine)].map(quoted))]
  return [...up, wrapped(words.map(quoted))].join('\n')
}

/** The commands that repeat a migration: the stack it began with, and the move. */
export function reshardCommand(record: ReshardRun): string {
  const { reshard } = record
  const { from, to } = reshard.plan
  const { max_rows_per_second, batch_rows, chunk_rows } = reshard.options
  const move = [
    ...['scalelab', 'reshard', '--to', String(to.shards.length)],
    ...(from.scheme === to.scheme ? [] : ['--scheme', to.scheme]),
    ...(max_rows_per_second === null ? [] : ['--max-rows-per-second', String(max_rows_per_second)]),
    ...['--batch-rows', String(batch_rows), '--chunk-rows', String(chunk_rows)],
  ]
  return onItsStack(record, move)
}

/** The command that repeats a search for the capacity. @param record of any of its probes */
export function capacityCommand(
  record: RunRecord,
  { slo, search, load }: Pick<CapacityRecord, 'slo' | 'search' | 'load'>,
): string {
  const words = [
    ...['scalelab', 'capacity', ...(record.engine === null ? [record.scenario] : stackWords(record, record.engine))],
    ...['--slo', slo, ...requestFlags(record)],
    ...['--duration', duration(load.duration_ms), '--arrival', load.arrival],
    ...sendingFlags(record),
    ...['--seed', String(load.seed), '--precision', `${Number((search.precision * 100).toPrecision(6))}%`],
    ...['--confirm', String(search.confirm), '--probes', String(search.limit)],
  ]
  return wrapped(words.map(quoted))
}

/** The command that repeats a guard; one that was stopped by hand is given the time that it had watched. */
export function guardCommand(guard: {
  stack: string
  length_ms: number | null
  watched_ms: number
  freezes: number
  acts: boolean
  settings: readonly { interval_ms: number; misses: number }[]
}): string {
  const [deciding, ...compared] = guard.settings
  const length = guard.length_ms ?? Math.max(1, Math.round(guard.watched_ms / 1_000)) * 1_000
  return wrapped(
    [
      ...['scalelab', 'guard', '--stack', guard.stack, '--for', duration(length)],
      ...(guard.freezes === 0 ? [] : ['--freezes', String(guard.freezes)]),
      ...(guard.acts ? [] : ['--observe']),
      ...(deciding === undefined
        ? []
        : ['--detect-interval', duration(deciding.interval_ms), '--detect-misses', String(deciding.misses)]),
      ...['--compare', compared.map(({ interval_ms }) => duration(interval_ms)).join(',')],
    ].map(quoted),
  )
}

function stackWords(record: RunRecord, engine: string): string[] {
  const parameters = stackParametersOf(record)
  const scenario = record.scenario_file ?? record.scenario
  return [scenario, '--engine', engine, ...(parameters === null ? [] : stackFlags(parameters))]
}

/** Breaks before a flag where a line would grow too long. */
function wrapped(words: readonly string[]): string {
  const flags: string[] = []
  for (const word of words) {
    if (word.startsWith('--') || flags.length === 0) flags.push(word)
    else flags.push(`${flags.pop()} ${word}`)
  }
  const lines: string[] = []
  for (const flag of flags) {
    const line = lines.at(-1)
    if (line === undefined) lines.push(flag)
    else if (line.length + 1 + flag.length <= LINE) lines[lines.length - 1] = `${line} ${flag}`
    else lines.push(`  ${flag}`)
  }
  return lines.join(' \\\n')
}

function stackFlags(parameters: StackParameters): string[] {
  const { app, cpus, memory_mib } = parameters
  return [
    ...(parameters.kind !== 'single' ? ['--balancer', parameters.balancer, '--strategy', parameters.strategy] : []),
    ...(parameters.weights === null ? [] : ['--weights', parameters.weights.join(',')]),
    ...(app === null ? workFlags(parameters.work) : appFlags(parameters, app)),
    ...(cpus === null ? [] : ['--cpus', String(cpus)]),
    ...(memory_mib === null ? [] : ['--memory', `${memory_mib}m`]),
    ...flagsFor(parameters),
  ]
}

function appFlags(parameters: StackParameters, app: NonNullable<StackParameters['app']>): string[] {
  return [
    ...('command' in app
      ? ['--app', app.command]
      : ['--app-image', app.image, '--app-port', String(parameters.app_port)]),
    ...(parameters.app_ready === '/' ? [] : ['--app-ready', parameters.app_ready]),
  ]
}

function workFlags(work: StackParameters['work']): string[] {
  if (work.kind === 'none') return ['--work', 'none']
  if (work.kind === 'cpu') return ['--work', 'cpu', '--cpu-time', `${work.ms}ms`]
  return [
    ...['--work', 'model', '--service-time', `${work.mean_ms}ms`, '--distribution', work.distribution],
    ...(work.workers === 1 ? [] : ['--workers', String(work.workers)]),
    ...(work.queue_limit === 1_000 ? [] : ['--queue-limit', String(work.queue_limit)]),
  ]
}

function requestFlags({ engine, load: { request, workload }, parameters }: RunRecord): string[] {
  // A mix makes requests of its own.
  if (workload !== undefined) return []
  const usual = parameters.app === null ? '/api/products' : '/'
  return [
    ...(request.method === 'GET' ? [] : ['--method', request.method]),
    ...(engine === null || request.path === usual ? [] : ['--path', request.path]),
    ...(request.insecure === true ? ['--insecure'] : []),
    ...(request.fields ?? Object.entries(request.headers)).flatMap(([name, value]) => [
      '--header',
      `${name}: ${value}`,
    ]),
    ...bodyFlags(request),
  ]
}

/** What came from standard input is given as text where it is kept as such. */
function bodyFlags({ body, body_from: from }: RunRecord['load']['request']): string[] {
  if (from !== undefined && (from !== '@-' || body === null || body.startsWith('@'))) return ['--body', from]
  return body === null ? [] : ['--body', body]
}

function loadFlags(record: RunRecord): string[] {
  const { load } = record
  const [only, ...more] = load.stages
  return [
    ...(load.mode === 'closed' || only === undefined
      ? ['--max', '--duration', duration(load.planned_ms)]
      : more.length === 0
        ? ['--rps', String(only.rps), '--duration', duration(only.duration_ms)]
        : ['--stages', load.stages.map((stage) => `${duration(stage.duration_ms)}:${stage.rps}`).join(',')]),
    ...(load.arrival === null ? [] : ['--arrival', load.arrival]),
    ...sendingFlags(record),
    ...['--seed', String(record.seed)],
  ]
}

/** What of a load is the same at every rate. */
function sendingFlags({ load }: RunRecord): string[] {
  return [
    ...['--connections', String(load.connections), '--warmup', duration(load.warmup_ms)],
    ...(load.timeout_ms === 10_000 ? [] : ['--timeout', duration(load.timeout_ms)]),
    ...(load.clients === 0 ? [] : ['--clients', String(load.clients)]),
    ...(load.generators === 1 ? [] : ['--generators', String(load.generators)]),
    ...workloadFlags(load),
  ]
}

function workloadFlags({ workload }: RunRecord['load']): string[] {
  if (workload === undefined) return []
  const { mix, keys, consistency } = workload
  return [
    ...['--mix', mix.map(({ kind, weight }) => `${kind}:${weight}`).join(',')],
    ...['--keys', keys.distribution === 'zipf' ? `zipf:${keys.exponent}` : keys.distribution],
    ...['--key-count', String(keys.count)],
    ...(consistency === 'default' ? [] : ['--consistency', consistency]),
  ]
}

function timelineFlags(record: RunRecord): string[] {
  return actionsOf(record).flatMap(({ action, by, asked_ms }) =>
    by === 'end' ? [] : ['--at', `${duration(asked_ms - record.load.warmup_ms)} ${action}`],
  )
}

/** As parseDuration reads it: "10s", "4200ms", "0.5ms". */
function duration(ms: number): string {
  if (ms > 0 && ms % 1_000 === 0) return `${ms / 1_000}s`
  return ms < 10 ? `${ms}ms` : `${Math.round(ms)}ms`
}

/** A word as a shell takes it; control characters as escapes, which bash, zsh and ksh read (POSIX.1-2024, 2.2.4). */
export function quoted(word: string): string {
  if (/\p{Cc}/u.test(word)) return `$'${visible(word.replaceAll(/[\\']/g, '\\$&'))}'`
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

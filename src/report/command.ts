import { type StackParameters, stackParametersSchema } from '../core/parameters.js'
import type { RunRecord } from '../core/record.js'

/** Longest line of a command, in characters: what GitHub shows without scrolling. */
const LINE = 96

/** The command that repeats a run, in lines that a shell joins again. Header values that were secret read "***". */
export function repeatCommand(record: RunRecord): string {
  const parameters = stackParametersSchema.safeParse(record.parameters)
  const stack =
    record.engine === null
      ? ['--url', `${record.target}${record.load.request.path}`]
      : [
          record.scenario_file ?? record.scenario,
          '--engine',
          record.engine,
          ...(parameters.success ? stackFlags(parameters.data) : []),
        ]
  return wrapped(
    ['scalelab', 'bench', ...stack, ...requestFlags(record), ...loadFlags(record), ...faultFlags(record)].map(quoted),
  )
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
    ...(parameters.kind === 'balanced' ? ['--balancer', parameters.balancer, '--strategy', parameters.strategy] : []),
    ...(parameters.weights === null ? [] : ['--weights', parameters.weights.join(',')]),
    ...(app === null ? workFlags(parameters.work) : appFlags(parameters, app)),
    ...(cpus === null ? [] : ['--cpus', String(cpus)]),
    ...(memory_mib === null ? [] : ['--memory', `${memory_mib}m`]),
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

function requestFlags({ engine, load: { request }, parameters }: RunRecord): string[] {
  const usual = parameters.app === null ? '/api/products' : '/'
  return [
    ...(request.method === 'GET' ? [] : ['--method', request.method]),
    ...(engine === null || request.path === usual ? [] : ['--path', request.path]),
    ...Object.entries(request.headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
    ...(request.body === null ? [] : ['--body', request.body]),
  ]
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
    ...['--connections', String(load.connections), '--warmup', duration(load.warmup_ms)],
    ...(load.timeout_ms === 10_000 ? [] : ['--timeout', duration(load.timeout_ms)]),
    ...(load.clients === 0 ? [] : ['--clients', String(load.clients)]),
    ...(load.generators === 1 ? [] : ['--generators', String(load.generators)]),
    ...['--seed', String(record.seed)],
  ]
}

function faultFlags({ faults = [] }: RunRecord): string[] {
  return faults.flatMap(({ fault, node, at_ms, for_ms }) => [
    '--fault',
    `${fault}:${node}@${duration(at_ms)}+${duration(for_ms)}`,
  ])
}

/** As parseDuration reads it: "10s", "4200ms". */
function duration(ms: number): string {
  return ms > 0 && ms % 1_000 === 0 ? `${ms / 1_000}s` : `${Math.round(ms)}ms`
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

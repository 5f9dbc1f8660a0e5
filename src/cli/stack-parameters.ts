import { usageError } from '../core/errors.js'
import { choice, number } from '../core/parameters/kinds.js'
import { flagAt, layValues } from '../core/parameters/lay.js'
import { type StackParameters, type StackParametersInput, stackParametersSchema } from '../core/parameters.js'
import { parseDuration } from '../core/units.js'
import { DISTRIBUTIONS } from '../core/work.js'
import { BALANCER_CHOICES } from '../parts/registry.js'
import { BALANCING_STRATEGIES } from '../strategies/balancing/registry.js'
import { givenStackFlags, type StackOptions, WORK_KINDS } from './stack-options.js'

/**
 * The scenario's parameters with the flags laid over them; `--seed` seeds service times as well as arrivals.
 * @throws LabError (usage)
 */
export function applyStackOptions(base: StackParameters, options: StackOptions & { seed?: number }): StackParameters {
  refuseIdleFlags(base, options)
  const { database, sharding } = layValues(base, options)
  const changed: StackParametersInput = {
    ...base,
    ...(options.balancer === undefined ? {} : { balancer: choice('--balancer', options.balancer, BALANCER_CHOICES) }),
    ...strategyOf(options),
    ...(options.cpus === undefined ? {} : { cpus: number('--cpus', options.cpus, 0.01, 1_024, false) }),
    ...(options.memory === undefined ? {} : { memory_mib: memoryMib(options.memory) }),
    ...(options.port === undefined ? {} : { port: number('--port', options.port, 1, 65_535) }),
    ...(options.appPort === undefined ? {} : { app_port: number('--app-port', options.appPort, 1, 65_535) }),
    ...(options.appReady === undefined ? {} : { app_ready: options.appReady }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    app: appOf(base, options),
    work: workWith(base.work, options),
    database,
    sharding,
  }
  const result = stackParametersSchema.safeParse(changed)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path.join('.') ?? ''
  throw usageError(
    `${FLAG_OF[path] ?? flagAt(path) ?? path}: ${issue?.message.replace(/^Too (small|big): /, '') ?? 'not valid'}`,
  )
}

/** The flag behind a parameter whose bounds only the schema knows. */
const FLAG_OF: Record<string, string> = {
  memory_mib: '--memory',
  'work.mean_ms': '--service-time',
  'work.ms': '--cpu-time',
  app_ready: '--app-ready',
  'app.image': '--app-image',
}

/** A flag that would change nothing is a misunderstanding, and is refused rather than ignored. */
function refuseIdleFlags(base: StackParameters, options: StackOptions): void {
  const balancing = givenStackFlags(pick(options, ['balancer', 'strategy', 'weights']))[0]
  if (base.kind === 'single' && balancing !== undefined) {
    throw usageError(`${balancing}: a single instance has no balancer`, 'Use a balanced scenario: lb-3')
  }
  const own = givenStackFlags(pick(options, ['app', 'appImage']))[0]
  if ((base.database !== null || base.sharding !== null) && own !== undefined) {
    throw usageError(
      `${own}: a stack with databases runs the sample API, which knows their tables`,
      'Use a scenario without: lb-3',
    )
  }
  const app = base.app !== null || options.app !== undefined || options.appImage !== undefined
  const working = ['work', 'serviceTime', 'distribution', 'workers', 'queueLimit', 'cpuTime'] as const
  const work = givenStackFlags(pick(options, working))[0]
  if (app && work !== undefined) {
    throw usageError(`${work} sets the work of the sample API, and this is your own application`)
  }
  const image = options.appImage !== undefined || (base.app !== null && 'image' in base.app)
  if (options.appPort !== undefined && !image) {
    throw usageError('--app-port belongs to --app-image', 'A command is told its port where {port} stands')
  }
  if (options.appReady !== undefined && !app) throw usageError('--app-ready belongs to --app or --app-image')
}

function strategyOf(options: StackOptions): Partial<StackParametersInput> {
  const names = BALANCING_STRATEGIES.map((strategy) => strategy.name)
  const weights = options.weights?.split(',').map((text) => number('--weights', text.trim(), 1, 1_000))
  const strategy = options.strategy ?? (weights === undefined ? undefined : 'weighted')
  return {
    ...(strategy === undefined ? {} : { strategy: choice('--strategy', strategy, names) }),
    // Weights of the scenario's own strategy mean nothing to another one.
    ...(weights === undefined ? (strategy === undefined ? {} : { weights: null }) : { weights }),
  }
}

function appOf(base: StackParameters, options: StackOptions): StackParameters['app'] {
  if (options.app !== undefined && options.appImage !== undefined) {
    throw usageError('--app and --app-image exclude each other', 'Give the command or the image')
  }
  if (options.appImage !== undefined) return { image: options.appImage }
  if (options.app === undefined) return base.app
  if (options.app.includes('{{')) throw usageError(`--app "${options.app}": two braces in a row cannot be passed on`)
  if (!options.app.includes('{port}')) {
    throw usageError(
      `--app "${options.app}" does not say where to listen`,
      "Put {port} where the port goes: --app 'uvicorn main:app --port {port}'",
    )
  }
  return { command: options.app }
}

function workWith(base: StackParameters['work'], options: StackOptions): StackParametersInput['work'] {
  const kind = options.work === undefined ? base.kind : choice('--work', options.work, WORK_KINDS)
  const modelFlags = ['serviceTime', 'distribution', 'workers', 'queueLimit'] as const
  const stray = kind === 'model' ? undefined : givenStackFlags(pick(options, modelFlags))[0]
  if (stray !== undefined) throw usageError(`${stray} belongs to --work model, and the work is ${kind}`)
  if (kind !== 'cpu' && options.cpuTime !== undefined) {
    throw usageError(`--cpu-time belongs to --work cpu, and the work is ${kind}`)
  }
  if (kind === 'none') return { kind }
  if (kind === 'cpu') {
    const ms = options.cpuTime === undefined ? undefined : parseDuration(options.cpuTime, '--cpu-time')
    return { kind, ms: ms ?? (base.kind === 'cpu' ? base.ms : 2) }
  }
  return {
    ...(base.kind === 'model' ? base : { kind }),
    ...(options.serviceTime === undefined ? {} : { mean_ms: parseDuration(options.serviceTime, '--service-time') }),
    ...(options.distribution === undefined
      ? {}
      : { distribution: choice('--distribution', options.distribution, DISTRIBUTIONS) }),
    ...(options.workers === undefined ? {} : { workers: number('--workers', options.workers, 1, 1_000) }),
    ...(options.queueLimit === undefined ? {} : { queue_limit: number('--queue-limit', options.queueLimit, 0, 1e9) }),
  }
}

function pick(options: StackOptions, keys: readonly (keyof StackOptions)[]): StackOptions {
  return Object.fromEntries(keys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])))
}

/** Mebibytes of "256m", "1g" or a plain number of mebibytes, as `docker run --memory` writes them. */
function memoryMib(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(m|mb|mib|g|gb|gib)?$/i.exec(text.trim())
  if (match === null) throw usageError(`--memory: "${text}" is not a size`, 'Write 256m or 1g')
  const factor = match[2]?.toLowerCase().startsWith('g') ? 1_024 : 1
  return Math.round(Number(match[1]) * factor)
}

import { type Command, Option } from 'commander'
import { unknownValueError, usageError } from '../core/errors.js'
import {
  BALANCERS,
  type StackParameters,
  type StackParametersInput,
  stackParametersSchema,
} from '../core/parameters.js'
import { parseDuration } from '../core/units.js'
import { DISTRIBUTIONS } from '../core/work.js'
import { BALANCING_STRATEGIES } from '../strategies/balancing/registry.js'

export const ENGINE_CHOICES = ['auto', 'docker', 'process'] as const
const WORK_KINDS = ['model', 'cpu', 'none'] as const

/** Flags that shape a stack, as commander gives them. */
export interface StackOptions {
  engine?: string
  name?: string
  balancer?: string
  strategy?: string
  weights?: string
  work?: string
  serviceTime?: string
  distribution?: string
  workers?: string
  queueLimit?: string
  cpuTime?: string
  app?: string
  appImage?: string
  appPort?: string
  appReady?: string
  cpus?: string
  memory?: string
  port?: string
  host?: string
  image?: string[]
  readyTimeout?: string
}

/** Adds the flags that shape a stack. */
export function addStackOptions(command: Command): Command {
  const strategies = BALANCING_STRATEGIES.map((strategy) => strategy.name).join(', ')
  return command
    .option('--engine <name>', 'auto (Docker when it answers, else processes), docker, process')
    .option('--balancer <kind>', `${BALANCERS.join(', ')}; auto takes nginx where there is one`)
    .option('--strategy <name>', `balancing strategy: ${strategies}`)
    .option('--weights <list>', 'one whole number per replica, as in 3,1,1 (implies --strategy weighted)')
    .option('--work <kind>', 'what a request costs the sample API: model (calibrated), cpu, none')
    .option('--service-time <time>', 'model: mean service time, as in 2ms')
    .option('--distribution <kind>', `model: distribution of the service time: ${DISTRIBUTIONS.join(', ')}`)
    .option('--workers <n>', 'model: requests served at the same time by an instance')
    .option('--queue-limit <n>', 'model: requests that may wait in an instance; the next gets 503')
    .option('--cpu-time <time>', 'cpu: processor time per request, as in 2ms')
    .option('--app <command>', 'your own application: a command that listens on {port}')
    .option('--app-image <image>', 'your own application: an image (Docker engine)')
    .option('--app-port <port>', 'port that the image listens on (default: 8000)')
    .option('--app-ready <path>', 'path that answers once your application works (default: /)')
    .option('--cpus <n>', 'processor limit of each API instance (Docker engine)')
    .option('--memory <size>', 'memory limit of each API instance, as in 256m (Docker engine)')
    .option('--port <port>', 'port of the entry (default: a free one)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1, this machine only)')
    .addOption(new Option('--image <name=image>', 'image of node or nginx (Docker engine)').argParser(collect))
    .option('--ready-timeout <time>', 'how long each node may take to become ready (default: 30s)')
}

function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value]
}

/** Whether any flag that shapes the topology was given; for commands that may also use a running stack. */
export function givenStackFlags(options: StackOptions): string[] {
  const flags: Record<keyof StackOptions, string> = {
    engine: '--engine',
    name: '--name',
    balancer: '--balancer',
    strategy: '--strategy',
    weights: '--weights',
    work: '--work',
    serviceTime: '--service-time',
    distribution: '--distribution',
    workers: '--workers',
    queueLimit: '--queue-limit',
    cpuTime: '--cpu-time',
    app: '--app',
    appImage: '--app-image',
    appPort: '--app-port',
    appReady: '--app-ready',
    cpus: '--cpus',
    memory: '--memory',
    port: '--port',
    host: '--host',
    image: '--image',
    readyTimeout: '--ready-timeout',
  }
  return Object.entries(flags).flatMap(([key, flag]) =>
    options[key as keyof StackOptions] === undefined ? [] : [flag],
  )
}

/** One of the allowed values, or a usage error with the nearest one. */
export function choice<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((known) => known === value)
  if (found === undefined) throw unknownValueError(flag, value, allowed)
  return found
}

/** A number with bounds, or a usage error that names flag, value and bounds. */
export function number(flag: string, value: string, min: number, max: number, whole = true): number {
  const result = Number(value)
  if (
    value.trim() === '' ||
    !Number.isFinite(result) ||
    result < min ||
    result > max ||
    (whole && !Number.isInteger(result))
  ) {
    throw usageError(
      `${flag}: "${value}" is not a ${whole ? 'whole ' : ''}number from ${min} to ${max.toLocaleString('en-US')}`,
    )
  }
  return result
}

/**
 * The scenario's parameters with the flags laid over them; `--seed` seeds service times as well as arrivals.
 * @throws LabError (usage)
 */
export function applyStackOptions(base: StackParameters, options: StackOptions & { seed?: string }): StackParameters {
  refuseIdleFlags(base, options)
  const changed: StackParametersInput = {
    ...base,
    ...(options.balancer === undefined ? {} : { balancer: choice('--balancer', options.balancer, BALANCERS) }),
    ...strategyOf(options),
    ...(options.cpus === undefined ? {} : { cpus: number('--cpus', options.cpus, 0.01, 1_024, false) }),
    ...(options.memory === undefined ? {} : { memory_mib: memoryMib(options.memory) }),
    ...(options.port === undefined ? {} : { port: number('--port', options.port, 1, 65_535) }),
    ...(options.appPort === undefined ? {} : { app_port: number('--app-port', options.appPort, 1, 65_535) }),
    ...(options.appReady === undefined ? {} : { app_ready: options.appReady }),
    ...(options.seed === undefined ? {} : { seed: number('--seed', options.seed, 0, 2 ** 31 - 1) }),
    app: appOf(base, options),
    work: workWith(base.work, options),
  }
  const result = stackParametersSchema.safeParse(changed)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path.join('.') ?? ''
  throw usageError(`${FLAG_OF[path] ?? path}: ${issue?.message.replace(/^Too (small|big): /, '') ?? 'not valid'}`)
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

/** `--image node=... --image nginx=...` over the environment's SCALELAB_IMAGE_NODE and SCALELAB_IMAGE_NGINX. */
export function imageOverrides(
  values: readonly string[] | undefined,
  env: Readonly<Record<string, string | undefined>>,
): { node?: string; nginx?: string } {
  const images: { node?: string; nginx?: string } = {
    ...(env.SCALELAB_IMAGE_NODE === undefined ? {} : { node: env.SCALELAB_IMAGE_NODE }),
    ...(env.SCALELAB_IMAGE_NGINX === undefined ? {} : { nginx: env.SCALELAB_IMAGE_NGINX }),
  }
  for (const value of values ?? []) {
    const [name = '', image = ''] = value.split(/=(.*)/s)
    if (image === '')
      throw usageError(`--image: "${value}" is not of the form name=image`, 'As in --image nginx=nginx:1.29-alpine')
    images[choice('--image', name, ['node', 'nginx'] as const)] = image
  }
  return images
}

import { type Command, Option } from 'commander'
import { usageError } from '../core/errors.js'
import { choice } from '../core/parameters/kinds.js'
import { STACK_SECTIONS, type StackValues } from '../core/parameters/lay.js'
import { flagOf } from '../core/parameters/row.js'
import { parseDuration } from '../core/units.js'
import { DISTRIBUTIONS } from '../core/work.js'
import { ENGINE_CHOICES, type EngineChoice } from '../lab/stack/engine-choice.js'
import type { StartOptions } from '../lab/stack/start-stack.js'
import { officialImage, postgres } from '../parts/postgres/postgres.js'
import { AUTO_BALANCERS, BALANCER_CHOICES, DEFAULT_IMAGES } from '../parts/registry.js'
import { BALANCING_STRATEGIES } from '../strategies/balancing/registry.js'
import { addParameters, under } from './parameter-options.js'

export const WORK_KINDS = ['model', 'cpu', 'none'] as const

/** Flags that shape a stack, as commander gives them. */
export interface StackOptions extends StackValues {
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
  pgBin?: string
  readyTimeout?: string
  /** Version of PostgreSQL: its official image. */
  pgVersion?: string
}

/** Adds the flags that shape a stack. */
export function addStackOptions(command: Command): Command {
  const strategies = BALANCING_STRATEGIES.map((strategy) => strategy.name).join(', ')
  under(command, 'stack')
    .option('--engine <name>', 'auto (Docker when it answers, else processes), docker, process')
    .option(
      '--balancer <kind>',
      `${BALANCER_CHOICES.join(', ')}; auto takes ${AUTO_BALANCERS.preferred.words} where there is one`,
    )
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
    .addOption(new Option('--image <name=image>', `image of ${IMAGE_NAMES} (Docker engine)`).argParser(collect))
    .option(
      '--pg-bin <folder>',
      'PostgreSQL programs to run databases with (process engine; default: those of the package)',
    )
    .option('--ready-timeout <time>', 'how long each node may take to become ready (default: 30s)')
    .option('--pg-version <version>', 'version of PostgreSQL, as in 17: the official image (Docker engine)')
  return under(addParameters(command, STACK_SECTIONS), 'output')
}

function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value]
}

/** The flags that shape a stack and were given; for commands that may also use a running one. */
export function givenStackFlags(options: StackOptions): string[] {
  return [...new Set(STACK_FLAGS)].filter((name) => options[name as keyof StackOptions] !== undefined).map(flagOf)
}

const STACK_FLAGS: readonly string[] = [
  ...['engine', 'name', 'balancer', 'strategy', 'weights', 'work', 'serviceTime', 'distribution', 'workers'],
  ...['queueLimit', 'cpuTime', 'app', 'appImage', 'appPort', 'appReady', 'cpus', 'memory', 'port', 'host', 'image'],
  ...['pgBin', 'pgVersion', 'readyTimeout', ...STACK_SECTIONS.flatMap((rows) => Object.keys(rows))],
]

/**
 * The engine that these flags ask for: some belong to one alone.
 * @throws LabError (usage) when they contradict each other
 */
export function requestedEngine({ engine, pgBin, pgVersion }: StackOptions): EngineChoice {
  const asked = choice('--engine', engine ?? 'auto', ENGINE_CHOICES)
  if (pgVersion !== undefined && pgBin !== undefined) {
    throw usageError(
      '--pg-version and --pg-bin exclude each other',
      'The first chooses an image for Docker, the second programs of this machine',
    )
  }
  if (pgVersion !== undefined) {
    if (asked !== 'process') return 'docker'
    throw usageError(
      '--pg-version chooses an image, which needs the Docker engine',
      'Use --engine docker, or --pg-bin with the folder of that version',
    )
  }
  if (pgBin === undefined) return asked
  if (asked !== 'docker') return 'process'
  throw usageError(
    '--pg-bin names programs of this machine, which need the process engine',
    'Use --engine process, or --pg-version',
  )
}

/** How these flags want a stack brought up. @throws LabError (usage) */
export function startOptions({ host, readyTimeout }: StackOptions): StartOptions {
  return {
    ...(host === undefined ? {} : { host }),
    ...(readyTimeout === undefined ? {} : { readyTimeoutMs: parseDuration(readyTimeout, '--ready-timeout') }),
  }
}

const DATABASE_IMAGE = postgres.program.image
const IMAGES = Object.keys(DEFAULT_IMAGES)
/** For help: "node, nginx or postgres". */
export const IMAGE_NAMES = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(IMAGES)

/** `--image node=... --image nginx=...` and `--pg-version` over the environment's SCALELAB_IMAGE_NODE, ..._NGINX and so on. */
export function imageOverrides(
  { image: values = [], pgVersion }: { image?: readonly string[]; pgVersion?: string },
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const images: Record<string, string> = {}
  for (const name of IMAGES) {
    const image = env[`SCALELAB_IMAGE_${name.toUpperCase()}`]
    if (image !== undefined) images[name] = image
  }
  if (pgVersion !== undefined) images[DATABASE_IMAGE] = officialImage(pgVersion)
  const given = new Set<string>()
  for (const value of values) {
    const [name = '', image = ''] = value.split(/=(.*)/s)
    if (image === '')
      throw usageError(`--image: "${value}" is not of the form name=image`, 'As in --image nginx=nginx:1.29-alpine')
    const kind = choice('--image', name, IMAGES)
    if (given.has(kind)) throw usageError(`--image: ${kind} is given twice`, 'Give it once')
    given.add(kind)
    if (kind === DATABASE_IMAGE && pgVersion !== undefined) {
      throw usageError('--pg-version and --image postgres=... exclude each other', 'Give the version or the image')
    }
    images[kind] = image
  }
  return images
}

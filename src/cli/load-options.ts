import type { Command } from 'commander'
import { usageError } from '../core/errors.js'
import { ARRIVALS, type Load } from '../core/load.js'
import { type LoadSection, loadOf } from '../core/scenario.js'
import { parseDuration } from '../core/units.js'
import { choice, number } from './option-values.js'
import { addRequestOptions, type RequestOptions } from './request-options.js'
import { addWorkloadOptions, type Keyspace, type WorkloadOptions, workloadSection } from './workload-options.js'

/** Connections of an open loop unless told: enough for 1,500 requests/s at 60 ms. */
const OPEN_CONNECTIONS = 100

/** Flags of the load, as commander gives them. */
export interface LoadOptions extends WorkloadOptions, RequestOptions {
  rps?: string
  max?: boolean
  stages?: string
  arrival?: string
  duration?: string
  warmup?: string
  connections?: string
  timeout?: string
  clients?: string
  generators?: string
  seed?: string
}

/** Adds the flags of the load. */
export function addLoadOptions(command: Command): Command {
  addWorkloadOptions(command)
    .option('--rps <rate>', 'open loop: requests are due at this rate, whatever the answers do')
    .option('--stages <list>', 'open loop in steps, as in 10s:500,30s:1500')
    .option('--max', 'closed loop: every connection sends again as soon as it is answered; measures capacity')
    .option('--arrival <process>', `open loop: ${ARRIVALS.join(' or ')} arrivals (default: uniform)`)
    .option('--duration <time>', 'length of the counted part, as in 30s')
    .option('--warmup <time>', 'load before the counted part, as in 3s')
    .option('--connections <n>', 'TCP connections')
  return addSendingOptions(command)
}

/** Adds the flags of the load that are the same at every rate. */
export function addSendingOptions(command: Command): Command {
  command
    .option('--timeout <time>', 'a request without an answer for this long is lost (default: 10s)')
    .option('--clients <n>', 'simulated client addresses, for ip-hash (X-Forwarded-For)')
    .option('--generators <n>', 'generator processes (default: as the rate needs)')
    .option('--seed <n>', 'seed of the arrivals (default: 1)')
  return addRequestOptions(command)
}

/**
 * The load of a scenario's section (or none, for --url) with the flags laid over it.
 * @param keyspace the data that a mix can ask for; null where there is none
 * @throws LabError (usage)
 */
export function applyLoadOptions(section: LoadSection, options: LoadOptions, keyspace: Keyspace | null = null): Load {
  const seed = options.seed === undefined ? 1 : number('--seed', options.seed, 0, 2 ** 31 - 1)
  const generators = options.generators === undefined ? 'auto' : number('--generators', options.generators, 1, 16)
  const { mix: _mix, keys: _keys, consistency: _consistency, ...rest } = sectionWith(section, options)
  return loadOf(
    { ...rest, ...workloadSection(section, options, keyspace) },
    seed,
    generators,
    keyspace?.rows,
    keyspace?.products,
  )
}

function sectionWith(section: LoadSection, options: LoadOptions): LoadSection {
  refuseTogether(options)
  const mode =
    options.max === true ? 'closed' : options.rps !== undefined || options.stages !== undefined ? 'open' : section.mode
  if (mode === 'closed' && options.arrival !== undefined) {
    throw usageError('--arrival belongs to an open loop', 'Add --rps or --stages')
  }
  const { rps, stages, ...rest } = section
  const changed: LoadSection = {
    ...rest,
    mode,
    ...(mode === 'open' && section.mode === 'closed' ? { connections: OPEN_CONNECTIONS } : {}),
    ...(options.arrival === undefined ? {} : { arrival: choice('--arrival', options.arrival, ARRIVALS) }),
    ...(options.connections === undefined
      ? {}
      : { connections: number('--connections', options.connections, 1, 20_000) }),
    ...(options.clients === undefined ? {} : { clients: number('--clients', options.clients, 0, 65_536) }),
    ...durations(options),
  }
  if (mode === 'closed') return changed
  if (options.stages !== undefined) return { ...changed, stages: parseStages(options.stages) }
  if (options.rps === undefined && stages !== undefined && options.duration !== undefined) {
    throw usageError('the scenario has stages with durations of their own', 'Leave --duration out, or add --rps')
  }
  if (options.rps !== undefined) return { ...changed, rps: number('--rps', options.rps, 0.01, 1_000_000, false) }
  return { ...changed, ...(rps === undefined ? {} : { rps }), ...(stages === undefined ? {} : { stages }) }
}

function refuseTogether(options: LoadOptions): void {
  const given = [
    ...(options.max === true ? ['--max'] : []),
    ...(options.rps === undefined ? [] : ['--rps']),
    ...(options.stages === undefined ? [] : ['--stages']),
  ]
  if (given.length > 1)
    throw usageError(`${given.join(' and ')} exclude each other`, 'Give one of --rps, --stages, --max')
  if (options.stages !== undefined && options.duration !== undefined) {
    throw usageError('--stages has durations of its own', 'Leave --duration out')
  }
}

function durations(options: LoadOptions): Partial<LoadSection> {
  const read = (flag: string, value: string, min: number, max: number): string => {
    const ms = parseDuration(value, flag)
    if (ms < min || ms > max) throw usageError(`${flag}: ${value} is not from ${min / 1_000}s to ${max / 3_600_000}h`)
    return value
  }
  return {
    ...(options.duration === undefined ? {} : { duration: read('--duration', options.duration, 500, 86_400_000) }),
    ...(options.warmup === undefined ? {} : { warmup: read('--warmup', options.warmup, 0, 3_600_000) }),
    ...(options.timeout === undefined ? {} : { timeout: read('--timeout', options.timeout, 10, 3_600_000) }),
  }
}

function parseStages(text: string): { duration: string; rps: number }[] {
  return text.split(',').map((part) => {
    const [duration, rate, ...more] = part.trim().split(':')
    if (duration === undefined || rate === undefined || more.length > 0) {
      throw usageError(`--stages: cannot read "${part}"`, 'Write duration:rate, as in --stages 10s:500,30s:1500')
    }
    if (parseDuration(duration, '--stages') < 500) throw usageError(`--stages: ${duration} is shorter than 500ms`)
    return { duration, rps: number('--stages', rate, 0.01, 1_000_000, false) }
  })
}

import type { Command } from 'commander'
import { usageError } from '../core/errors.js'
import type { Load } from '../core/load.js'
import { COURSE, MIX, RATES, SENDING } from '../core/parameters/load.js'
import { checkValues, refuseTogether, type Values } from '../core/parameters/row.js'
import { type LoadSection, loadOf } from '../core/scenario.js'
import { addParameters } from './parameter-options.js'
import { addRequestOptions, type RequestOptions } from './request-options.js'
import { addWorkloadOptions, type Keyspace, type WorkloadOptions, workloadSection } from './workload-options.js'

/** Connections of an open loop unless told: enough for 1,500 requests/s at 60 ms. */
const OPEN_CONNECTIONS = 100

/** What is laid over a load. */
export interface LoadOptions
  extends Values<typeof RATES>,
    Values<typeof COURSE>,
    Values<typeof SENDING>,
    WorkloadOptions,
    RequestOptions {}

const ROWS = { ...RATES, ...COURSE, ...MIX, ...SENDING }

/** Adds the flags of the load. */
export function addLoadOptions(command: Command): Command {
  addParameters(command, [RATES, COURSE])
  addWorkloadOptions(command)
  return addSendingOptions(command)
}

/** Adds the flags of the load that are the same at every rate. */
export function addSendingOptions(command: Command): Command {
  return addRequestOptions(addParameters(command, [SENDING]))
}

/**
 * The load of a scenario's section (or none, for --url) with the flags laid over it.
 * @param keyspace the data that a mix can ask for; null where there is none
 * @throws LabError (usage)
 */
export function applyLoadOptions(section: LoadSection, options: LoadOptions, keyspace: Keyspace | null = null): Load {
  checkValues(ROWS, { ...options })
  refuseTogether(ROWS, { ...options })
  const { mix: _mix, keys: _keys, consistency: _consistency, ...rest } = sectionWith(section, options)
  return loadOf(
    { ...rest, ...workloadSection(section, options, keyspace) },
    options.seed ?? 1,
    options.generators ?? 'auto',
    keyspace?.rows,
    keyspace?.products,
  )
}

function sectionWith(section: LoadSection, options: LoadOptions): LoadSection {
  if (options.stages !== undefined && options.duration !== undefined) {
    throw usageError('--stages has durations of its own', 'Leave --duration out')
  }
  const mode =
    options.max === true ? 'closed' : options.rps !== undefined || options.stages !== undefined ? 'open' : section.mode
  if (mode === 'closed' && options.arrival !== undefined) {
    throw usageError('--arrival belongs to an open loop', 'Add --rps or --stages')
  }
  const { rps, stages, ...rest } = section
  const { arrival, connections, clients, duration, warmup, timeout } = options
  const changed: LoadSection = {
    ...rest,
    mode,
    ...(mode === 'open' && section.mode === 'closed' ? { connections: OPEN_CONNECTIONS } : {}),
    ...(arrival === undefined ? {} : { arrival }),
    ...(connections === undefined ? {} : { connections }),
    ...(clients === undefined ? {} : { clients }),
    ...(duration === undefined ? {} : { duration }),
    ...(warmup === undefined ? {} : { warmup }),
    ...(timeout === undefined ? {} : { timeout }),
  }
  if (mode === 'closed') return changed
  if (options.stages !== undefined) {
    return { ...changed, stages: options.stages.map((stage) => ({ duration: stage.durationMs, rps: stage.rps })) }
  }
  if (options.rps === undefined && stages !== undefined && duration !== undefined) {
    throw usageError('the scenario has stages with durations of their own', 'Leave --duration out, or add --rps')
  }
  if (options.rps !== undefined) return { ...changed, rps: options.rps }
  return { ...changed, ...(rps === undefined ? {} : { rps }), ...(stages === undefined ? {} : { stages }) }
}

import type { Command } from 'commander'
import { usageError } from '../core/errors.js'
import { REQUEST_KINDS, type RequestKind } from '../core/load.js'
import { MIX } from '../core/parameters/load.js'
import { flagOf, type Values } from '../core/parameters/row.js'
import type { StackParameters } from '../core/parameters.js'
import type { LoadSection } from '../core/scenario.js'
import { SHARD_PRODUCTS } from '../topologies/shard-sql.js'
import { addParameters } from './parameter-options.js'

/** What is laid over a mix of requests. */
export type WorkloadOptions = Values<typeof MIX>

/** Flags that say what a request is, instead of a mix. */
interface RequestOptions {
  path?: string
  method?: string
  body?: string
}

type Refused = Partial<Record<RequestKind, string>>

/** The data that a mix asks for. */
export interface Keyspace {
  /** Users there are, and products where `products` does not say otherwise; null where they are unknown. */
  rows: number | null
  products?: number
  /** Kinds of requests that cannot be asked of it, with the reason. */
  refused?: Refused
  /** Every read is as fresh as it can be: there is nothing to ask for. */
  fresh?: true
}

type WorkloadSection = Pick<LoadSection, 'mix' | 'keys' | 'consistency'>

/** The data behind a stack; null for one without databases, of which no mix can be asked. */
export function keyspaceOf({ database, sharding }: StackParameters): Keyspace | null {
  if (sharding !== null) {
    return { rows: sharding.rows, products: SHARD_PRODUCTS, refused: REFUSED_BY_SHARDS, fresh: true }
  }
  return database === null ? null : { rows: database.rows, refused: REFUSED_BY_ONE_DATABASE }
}

const REFUSED_BY_SHARDS: Refused = { stock: 'products are on every shard, and have no stock' }
const REFUSED_BY_ONE_DATABASE: Refused = {
  list: 'only shards list the orders of everybody',
  transfer: 'only users of shards have a balance',
}

/** Adds the flags of a mix. */
export function addWorkloadOptions(command: Command): Command {
  return addParameters(command, [MIX])
}

/**
 * What a section says of a mix, with the flags laid over it: nothing where a request of its own was asked for.
 * @throws LabError (usage)
 */
export function workloadSection(
  section: WorkloadSection,
  options: WorkloadOptions & RequestOptions,
  keyspace: Keyspace | null,
): WorkloadSection {
  const request = (['path', 'method', 'body'] as const).find((name) => options[name] !== undefined)
  const mix = options.mix ?? (request === undefined ? section.mix : undefined)
  if (mix === undefined) {
    const needless = (['keys', 'keyCount', 'consistency'] as const).find((name) => options[name] !== undefined)
    if (needless === undefined) return {}
    throw usageError(`${flagOf(needless)} belongs to a mix`, 'Add --mix read:80,write:20')
  }
  if (keyspace === null) {
    throw usageError(
      `${options.mix === undefined ? "the scenario's mix" : '--mix'} needs a stack with databases: repl-2 or shard-3`,
      'As in scalelab bench repl-2 --mix read:80,write:20',
    )
  }
  refuseKinds(mix, keyspace, options.mix === undefined ? "the scenario's mix" : '--mix')
  if (keyspace.fresh === true && (options.consistency ?? section.consistency) !== undefined) {
    throw usageError('consistency: a shard has no standbys, so every read is as fresh as it can be', 'Leave it out')
  }
  const keys = { ...(section.keys ?? { distribution: 'uniform', exponent: DEFAULT_EXPONENT }), ...keysOf(options) }
  refuseTooMany(keys.count, keyspace.rows)
  const consistency = options.consistency ?? section.consistency
  return { mix, keys, ...(consistency === undefined ? {} : { consistency }) }
}

/** As in YCSB, whose workloads draw keys by Zipf's law with this exponent. */
const DEFAULT_EXPONENT = 0.99

function keysOf({ keys, keyCount }: WorkloadOptions): Partial<NonNullable<WorkloadSection['keys']>> {
  return { ...keys, ...(keyCount === undefined ? {} : { count: keyCount }) }
}

function refuseKinds(mix: NonNullable<WorkloadSection['mix']>, { refused = {} }: Keyspace, what: string): void {
  const kind = REQUEST_KINDS.find((candidate) => mix[candidate] !== undefined && refused[candidate] !== undefined)
  if (kind === undefined) return
  const allowed = REQUEST_KINDS.filter((candidate) => refused[candidate] === undefined)
  throw usageError(`${what}: this stack has no ${kind}: ${refused[kind]}`, `Allowed: ${allowed.join(', ')}`)
}

function refuseTooMany(count: number | undefined, rows: number | null): void {
  if (count === undefined || rows === null || count <= rows) return
  throw usageError(
    `${count.toLocaleString('en-US')} keys are more than the ${rows.toLocaleString('en-US')} rows of the stack`,
    'Ask for fewer keys, or bring the stack up with more rows',
  )
}

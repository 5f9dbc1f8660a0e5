import type { Command } from 'commander'
import { READ_TARGETS } from '../core/databases-file.js'
import { usageError } from '../core/errors.js'
import { type DatabaseParameters, DURABILITIES, type StackParameters } from '../core/parameters.js'
import { parseDuration } from '../core/units.js'
import { waitsForStandby } from '../topologies/postgres-config.js'
import { choice, number } from './option-values.js'

/** Flags that shape the databases of a stack, as commander gives them. */
export interface DatabaseOptions {
  rows?: string
  durability?: string
  syncStandbys?: string
  reads?: string
  pool?: string
  queryTime?: string
  applyDelay?: string
  dbCpus?: string
  pgVersion?: string
}

/** The flags by the name that commander gives them. */
export const DATABASE_FLAGS: Record<keyof DatabaseOptions, string> = {
  rows: '--rows',
  durability: '--durability',
  syncStandbys: '--sync-standbys',
  reads: '--reads',
  pool: '--pool',
  queryTime: '--query-time',
  applyDelay: '--apply-delay',
  dbCpus: '--db-cpus',
  pgVersion: '--pg-version',
}

/** Those that shards have, too. */
const OF_SHARDS: readonly (keyof DatabaseOptions)[] = ['rows', 'pool', 'queryTime', 'dbCpus', 'pgVersion']

/** Adds the flags that shape databases. */
export function addDatabaseOptions(command: Command): Command {
  return command
    .option('--rows <n>', 'databases: products, stocks and user sessions, each; shards: users, over all')
    .option('--durability <mode>', `databases: when a commit is acknowledged: ${DURABILITIES.join(', ')}`)
    .option('--sync-standbys <list>', "databases: whom such a commit waits for, as in 'ANY 1 (*)'")
    .option('--reads <where>', `databases: where reads that may lag go: ${READ_TARGETS.join(', ')}`)
    .option('--pool <n>', 'databases: connections of each API instance to each server')
    .option(
      '--query-time <time>',
      'databases: added inside the database to every read (of shards: request on a key), as in 2ms: a stated capacity',
    )
    .option('--apply-delay <time>', 'databases: standbys apply what they receive this late')
    .option('--db-cpus <n>', 'databases: processor limit of each server (Docker engine)')
    .option('--pg-version <version>', 'databases: version of PostgreSQL, as in 17: the official image (Docker engine)')
}

/**
 * The databases of a stack with the flags laid over them.
 * @throws LabError (usage) for a flag that cannot be read, or that would change nothing
 */
export function applyDatabaseOptions(
  { database, sharding }: StackParameters,
  options: DatabaseOptions,
): StackParameters['database'] {
  const given = (Object.keys(DATABASE_FLAGS) as (keyof DatabaseOptions)[]).filter((name) => options[name] !== undefined)
  if (database === null) {
    const idle = given.find((name) => sharding === null || !OF_SHARDS.includes(name))
    if (idle === undefined) return null
    if (sharding !== null) {
      throw usageError(`${DATABASE_FLAGS[idle]}: a shard has no standbys`, 'It belongs to a stack that has: repl-2')
    }
    throw usageError(`${DATABASE_FLAGS[idle]} needs a stack with databases: repl-2`, 'As in scalelab up repl-2')
  }
  if (given.length === 0) return database
  const { rows, durability, reads, pool, queryTime, applyDelay, dbCpus, syncStandbys } = options
  const changed: DatabaseParameters = {
    ...database,
    ...(rows === undefined ? {} : { rows: number('--rows', rows, 1, 1_000_000) }),
    ...(durability === undefined ? {} : { durability: choice('--durability', durability, DURABILITIES) }),
    ...(syncStandbys === undefined ? {} : { sync_standbys: syncStandbys }),
    ...(reads === undefined ? {} : { reads: choice('--reads', reads, READ_TARGETS) }),
    ...(pool === undefined ? {} : { pool: number('--pool', pool, 1, 50) }),
    ...(queryTime === undefined ? {} : { query_ms: parseDuration(queryTime, '--query-time') }),
    ...(applyDelay === undefined ? {} : { apply_delay_ms: Math.round(parseDuration(applyDelay, '--apply-delay')) }),
    ...(dbCpus === undefined ? {} : { cpus: number('--db-cpus', dbCpus, 0.01, 1_024, false) }),
  }
  if (syncStandbys !== undefined && !waitsForStandby(changed)) {
    throw usageError(
      `--sync-standbys: with durability ${changed.durability} a commit waits for no standby`,
      'Add --durability remote-write, on or remote-apply',
    )
  }
  return changed
}

import * as z from 'zod'
import { READ_TARGETS } from '../databases-file.js'
import { oneOf, positiveNumber, text, time, wholeNumber } from './kinds.js'
import { type Row, section } from './row.js'

/**
 * When a commit is acknowledged: before it is on disk (off), on the primary's disk (local), written (remote-write),
 * flushed (on) or applied (remote-apply) on as many standbys as sync_standbys says, too.
 */
export const DURABILITIES = ['off', 'local', 'remote-write', 'on', 'remote-apply'] as const

/** More standbys than this are refused: each is a whole PostgreSQL server. */
export const MAX_STANDBYS = 8

/** Whether commits of this durability wait for a standby. */
export function waitsForStandby({ durability }: { durability: string }): boolean {
  return durability !== 'off' && durability !== 'local'
}

const syncStandbys = z
  .string()
  .regex(
    /^(?:(?:ANY|FIRST) [1-8] )?\((?:\*|[a-z0-9-]+(?:, ?[a-z0-9-]+)*)\)$/i,
    'expected a list as in ANY 1 (*) or FIRST 1 (standby-1, standby-2)',
  )

/** Of every database server, whether it holds all rows or is a shard. */
export const SERVERS = {
  pool: {
    key: 'pool',
    takes: '<n>',
    kind: wholeNumber(1, 50),
    default: 10,
    words: 'connections of each API instance to each database server',
    label: 'connections to each database server',
  },
  queryTime: {
    key: 'query_ms',
    takes: '<time>',
    kind: time(0, 10_000),
    default: 0,
    words:
      'added inside the database to every read, in a shard to every request on a key: with --pool, a stated capacity; 0 is real work alone',
    label: 'added query time',
    quiet: true,
  },
  dbCpus: {
    key: 'cpus',
    takes: '<n>',
    kind: positiveNumber(0.01, 1_024),
    default: null,
    words: 'processor limit of each database server (Docker engine)',
    label: 'database CPU limit',
  },
} as const satisfies Record<string, Row>

/** A primary and its standbys. */
export const DATABASE = section(
  {
    at: 'database',
    group: 'databases',
    needs({ database, sharding }) {
      if (database !== null) return null
      if (sharding !== null) return { why: ': a shard has no standbys', hint: 'It belongs to a stack that has: repl-2' }
      return { why: ' needs a stack with databases: repl-2', hint: 'As in scalelab up repl-2' }
    },
  },
  {
    standbys: {
      key: 'standbys',
      takes: null,
      kind: wholeNumber(1, MAX_STANDBYS),
      default: 2,
      words: 'standbys of the primary',
      label: 'standbys',
    },
    rows: {
      key: 'rows',
      takes: '<n>',
      kind: wholeNumber(1, 1_000_000),
      default: 10_000,
      words: 'products, stocks and user sessions, each',
      label: 'rows',
    },
    durability: {
      key: 'durability',
      takes: '<mode>',
      kind: oneOf(DURABILITIES),
      default: 'local',
      words: 'when a commit is acknowledged',
      label: 'durability',
      common: true,
    },
    syncStandbys: {
      key: 'sync_standbys',
      takes: '<list>',
      kind: text(syncStandbys),
      default: 'ANY 1 (*)',
      words: "whom a commit waits for, where the durability waits for standbys, as in 'ANY 1 (*)'",
      label: 'synchronous standbys',
      when: ({ database }) =>
        database === null || waitsForStandby(database)
          ? null
          : {
              why: `: with durability ${database.durability} a commit waits for no standby`,
              hint: 'Add --durability remote-write, on or remote-apply',
            },
    },
    reads: {
      key: 'reads',
      takes: '<where>',
      kind: oneOf(READ_TARGETS),
      default: 'standbys',
      words: 'where reads that may lag go',
      label: 'reads that may lag go to',
    },
    ...SERVERS,
    applyDelay: {
      key: 'apply_delay_ms',
      takes: '<time>',
      kind: time(0, 60_000, { whole: true }),
      default: 0,
      words: 'standbys apply what they receive this late',
      label: 'apply delay',
      quiet: true,
    },
  },
)

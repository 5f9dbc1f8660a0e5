import { readFileSync } from 'node:fs'
import { type DatabasesFile, READ_TARGETS } from '../../../core/databases-file.js'
import type { ShardsFile } from '../../../core/shard-map.js'

/** What must hold of a file, and how that is said when it does not. */
type Rules = readonly (readonly [holds: boolean | undefined, rule: string])[]

/** What both files have: how to log in, how many connections there may be, and what a query takes longer. */
type Login = Pick<DatabasesFile & ShardsFile, 'database' | 'user' | 'password' | 'pool' | 'query_ms'>

/**
 * Reads the file that DATABASES_FILE names.
 * @throws Error that says what is wrong with it, and never its password
 */
export function readDatabasesFile(path: string): DatabasesFile {
  return readChecked<DatabasesFile>(path, ({ nodes, reads }) => [
    [Array.isArray(nodes) && nodes.length > 0, 'nodes must list at least one server'],
    [nodes?.every?.(hasAddress), 'a node is an id and host:port'],
    [READ_TARGETS.includes(reads), `reads must be one of ${READ_TARGETS.join(', ')}`],
  ])
}

/** The same of SHARDS_FILE. */
export function readShardsFile(path: string): ShardsFile {
  return readChecked<ShardsFile>(path, ({ seeds }) => [
    [Array.isArray(seeds) && seeds.length > 0, 'seeds must list at least one shard'],
    [seeds?.every?.(hasAddress), 'a seed is an id and host:port'],
  ])
}

function hasAddress({ id, address }: { id: unknown; address: string }): boolean {
  return typeof id === 'string' && /:\d+$/.test(address)
}

/** @param rules of what is its own; of all rules the first that does not hold is told */
function readChecked<File extends Login>(path: string, rules: (file: File) => Rules): File {
  let file: File
  try {
    file = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof SyntaxError ? 'it is not JSON' : error}`)
  }
  const { database, user, password, pool, query_ms } = file
  const all: Rules = [
    [[database, user, password].every((text) => typeof text === 'string'), 'database, user and password must be texts'],
    ...rules(file),
    [Number.isInteger(pool) && pool >= 1, 'pool must be a whole number of at least 1'],
    [typeof query_ms === 'number' && query_ms >= 0, 'query_ms must be a number of at least 0'],
  ]
  const broken = all.find(([holds]) => !holds)
  if (broken !== undefined) throw new Error(`${path}: ${broken[1]}`)
  return file
}

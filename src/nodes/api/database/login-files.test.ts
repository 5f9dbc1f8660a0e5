import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { DatabasesFile } from '../../../core/databases-file.js'
import type { ShardsFile } from '../../../core/shard-map.js'
import { temporaryFolder } from '../testing/program.js'
import { readDatabasesFile, readShardsFile } from './login-files.js'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const LOGIN = { database: 'ecomarket', user: 'ecomarket', password: 'do-not-tell', pool: 10, query_ms: 2.5 }
const DATABASES: DatabasesFile = {
  ...LOGIN,
  nodes: [{ id: 'primary', address: '127.0.0.1:5432' }],
  reads: 'standbys',
}
const SHARDS: ShardsFile = { ...LOGIN, seeds: [{ id: 'shard-1', address: '127.0.0.1:5432' }] }

/** What `read` makes of a file with this text. */
function reading(read: (path: string) => unknown, text: string): unknown {
  const path = join(folder.path, 'login.json')
  writeFileSync(path, text)
  return read(path)
}

it.each([
  [readDatabasesFile, DATABASES],
  [readShardsFile, SHARDS],
])('%o reads what was written', (read, file) => {
  expect(reading(read, JSON.stringify(file))).toEqual(file)
})

const BAD_LOGINS: [object, string][] = [
  [{ password: 7 }, 'password'],
  [{ pool: 0 }, 'pool'],
  [{ query_ms: -1 }, 'query_ms'],
]
it.each<readonly [(path: string) => unknown, object, object, string]>([
  ...BAD_LOGINS.map(([change, reason]) => [readDatabasesFile, DATABASES, change, reason] as const),
  [readDatabasesFile, DATABASES, { nodes: [] }, 'nodes'],
  [readDatabasesFile, DATABASES, { nodes: [{ id: 'primary', address: '127.0.0.1' }] }, 'host:port'],
  [readDatabasesFile, DATABASES, { reads: 'anywhere' }, 'standbys, primary'],
  ...BAD_LOGINS.map(([change, reason]) => [readShardsFile, SHARDS, change, reason] as const),
  [readShardsFile, SHARDS, { seeds: [] }, 'at least one shard'],
  [readShardsFile, SHARDS, { seeds: [{ id: 'shard-1', address: '127.0.0.1' }] }, 'host:port'],
])('%o of %j with %j says what is wrong, without the password', (read, file, change, reason) => {
  const attempt = () => reading(read, JSON.stringify({ ...file, ...change }))
  expect(attempt).toThrow(reason)
  expect(attempt).not.toThrow('do-not-tell')
})

it('that is no JSON or is not there is said to be so', () => {
  expect(() => reading(readDatabasesFile, '{"password": "do-not-tell"')).toThrow('it is not JSON')
  expect(() => readDatabasesFile(join(folder.path, 'none.json'))).toThrow('ENOENT')
})

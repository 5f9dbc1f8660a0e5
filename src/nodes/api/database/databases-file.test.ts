import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { DatabasesFile } from '../../../core/databases-file.js'
import { temporaryFolder } from '../testing/program.js'
import { readDatabasesFile } from './databases-file.js'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const file: DatabasesFile = {
  database: 'ecomarket',
  user: 'ecomarket',
  password: 'do-not-tell',
  nodes: [{ id: 'primary', address: '127.0.0.1:5432' }],
  reads: 'standbys',
  pool: 10,
  query_ms: 0,
}

function read(text: string): DatabasesFile {
  const path = join(folder.path, 'databases.json')
  writeFileSync(path, text)
  return readDatabasesFile(path)
}

it('is read as it was written', () => {
  expect(read(JSON.stringify(file))).toEqual(file)
})

it.each([
  [{ password: 7 }, 'password'],
  [{ nodes: [] }, 'nodes'],
  [{ nodes: [{ id: 'primary', address: '127.0.0.1' }] }, 'host:port'],
  [{ reads: 'anywhere' }, 'standbys, primary'],
  [{ pool: 0 }, 'pool'],
  [{ query_ms: -1 }, 'query_ms'],
])('with %j says what is wrong, without its password', (change, reason) => {
  const reading = () => read(JSON.stringify({ ...file, ...change }))
  expect(reading).toThrow(reason)
  expect(reading).not.toThrow('do-not-tell')
})

it('that is no JSON or is not there is said to be so', () => {
  expect(() => read('{"password": "do-not-tell"')).toThrow('it is not JSON')
  expect(() => readDatabasesFile(join(folder.path, 'none.json'))).toThrow('ENOENT')
})

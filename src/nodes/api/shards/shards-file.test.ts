import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { ShardsFile } from '../../../core/shard-map.js'
import { temporaryFolder } from '../testing/program.js'
import { readShardsFile } from './shards-file.js'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const file: ShardsFile = {
  database: 'ecomarket',
  user: 'ecomarket',
  password: 'do-not-tell',
  seeds: [{ id: 'shard-1', address: '127.0.0.1:5432' }],
  pool: 10,
  query_ms: 2.5,
}

function read(text: string): ShardsFile {
  const path = join(folder.path, 'shards.json')
  writeFileSync(path, text)
  return readShardsFile(path)
}

it('is read as it was written', () => {
  expect(read(JSON.stringify(file))).toEqual(file)
})

it.each([
  [{ password: 7 }, 'password'],
  [{ seeds: [] }, 'at least one shard'],
  [{ seeds: [{ id: 'shard-1', address: '127.0.0.1' }] }, 'host:port'],
  [{ pool: 0 }, 'pool'],
  [{ query_ms: -1 }, 'query_ms'],
])('with %j says what is wrong, without its password', (change, reason) => {
  const reading = () => read(JSON.stringify({ ...file, ...change }))
  expect(reading).toThrow(reason)
  expect(reading).not.toThrow('do-not-tell')
})

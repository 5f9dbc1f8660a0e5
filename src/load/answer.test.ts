import { describe, expect, it } from 'vitest'
import { noAnswer, readDatabaseHeaders, versionIn } from './answer.js'

describe('readDatabaseHeaders', () => {
  it.each<[string[], object]>([
    [['X-DB-Node', 'primary', 'X-LSN', '0/1A2B3C4'], { node: 'primary', lsn: '0/1A2B3C4', outcome: null }],
    [['x-db-node', 'standby-1', 'Date', 'now'], { node: 'standby-1', lsn: null, outcome: null }],
    [['x-write-outcome', 'refused'], { node: null, lsn: null, outcome: 'refused' }],
    [['X-DB-NODE', '', 'X-Lsn', ''], { node: null, lsn: null, outcome: null }],
    [['X-Shard', 'shard-1', 'X-DB-Node', 'shard-1'], { node: 'shard-1', gathered: false }],
    [['x-shard', 'shard-1,shard-2'], { node: null, gathered: true }],
    [[], { gathered: false, node: null, lsn: null, outcome: null }],
  ])('%j', (headers, expected) => {
    const answer = { ...noAnswer(), node: 'of the answer before', gathered: true, lsn: '1/1', outcome: 'unknown' }
    readDatabaseHeaders(headers, answer)
    expect(answer).toMatchObject(expected)
  })
})

describe('versionIn', () => {
  it.each<[string, number | null]>([
    ['{"user_id":"user-000001","version":17,"data":{"cart":1}}', 17],
    ['{ "version" : 1763640000000123 }', 1763640000000123],
    // A bigint of node-postgres is a text.
    ['{"version":"12","data":{"version":99}}', 12],
    ['{"user_id":"user-000001"}', null],
    ['', null],
    ['{"version":null}', null],
  ])('%s', (body, version) => {
    expect(versionIn(body)).toBe(version)
  })
})

import { describe, expect, it } from 'vitest'
import { AnswerReader, sessionVersionIn } from './answer.js'

describe('AnswerReader', () => {
  it.each<[[string, string][], object]>([
    [[['x-instance-id', 'api-1']], { instance: 'api-1' }],
    [
      [
        ['x-instance-id', 'api-2'],
        ['x-upstream', 'api-1'],
      ],
      { instance: 'api-2' },
    ],
    [
      [
        ['x-upstream', 'api-1'],
        ['x-instance-id', 'api-3'],
      ],
      { instance: 'api-3' },
    ],
    [
      [
        ['x-instance-id', 'api-1'],
        ['x-instance-id', 'api-2'],
      ],
      { instance: 'api-1' },
    ],
    [[['x-upstream', '127.0.0.1:1, 127.0.0.1:2']], { instance: '127.0.0.1:2' }],
    [[['x-instance-id', '']], { instance: 'unknown' }],
    [
      [
        ['x-db-node', 'primary'],
        ['x-lsn', '0/1A2B3C4'],
      ],
      { node: 'primary', lsn: '0/1A2B3C4', outcome: null },
    ],
    [[['x-write-outcome', 'refused']], { node: null, lsn: null, outcome: 'refused' }],
    [
      [
        ['x-db-node', ''],
        ['x-lsn', ''],
      ],
      { node: null, lsn: null, outcome: null },
    ],
    [
      [
        ['x-shard', 'shard-1'],
        ['x-db-node', 'shard-1'],
      ],
      { node: 'shard-1', gathered: false },
    ],
    [[['x-shard', 'shard-1,shard-2']], { node: null, gathered: true }],
    [[], { instance: 'unknown', gathered: false, node: null, lsn: null, outcome: null, version: null }],
  ])('%j', (headers, expected) => {
    const reader = new AnswerReader(true)
    reader.begin()
    for (const [name, value] of [
      ['x-instance-id', 'of the answer before'],
      ['x-db-node', 'as well'],
      ['x-lsn', '1/1'],
      ['x-shard', 'a,b'],
      ['x-write-outcome', 'unknown'],
    ] as const) {
      reader.header(name, value)
    }
    reader.read(200)
    reader.begin()
    for (const [name, value] of headers) reader.header(name, value)
    expect(reader.read(201)).toMatchObject({ status: 201, ...expected })
  })

  it('keeps how an error begins, where that is wanted, and nothing of the answer after it', () => {
    const reader = new AnswerReader(false, (status) => status === 401)
    const answer = (status: number, ...parts: string[]): void => {
      reader.begin()
      reader.header('content-type', 'text/plain')
      reader.header('content-encoding', 'br')
      reader.head(status)
      for (const part of parts) reader.body?.(Buffer.from(part))
      reader.read(status)
    }
    answer(401, 'who are ', 'you?')
    expect(reader.said).toEqual({ contentType: 'text/plain (br)', body: Buffer.from('who are you?'), more: false })
    answer(401, 'x'.repeat(299), 'yz', 'more')
    expect(reader.said).toMatchObject({ body: Buffer.from(`${'x'.repeat(299)}y`), more: true })
    answer(401)
    expect(reader.said).toMatchObject({ body: Buffer.from(''), more: false })
    for (const status of [200, 404]) {
      answer(status, 'x')
      expect(reader.said).toBeNull()
    }
  })

  it('has only those fields read that somebody asks for', () => {
    expect(new AnswerReader(false).headers).toEqual(['x-instance-id', 'x-upstream'])
    const reader = new AnswerReader(false)
    reader.begin()
    reader.head(200)
    expect(reader.body).toBeNull()
    expect(new AnswerReader(true).headers).toContain('x-lsn')
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
    expect(sessionVersionIn(body)).toBe(version)
  })
})

import { describe, expect, it } from 'vitest'
import type { Consistency, RequestKind } from '../core/load.js'
import { TaskWriter, type TaskWriterOptions } from './task-writer.js'

function textOf(kind: RequestKind, options: Partial<TaskWriterOptions> = {}, afterLsn: string | null = null): string {
  const writer = new TaskWriter({
    origin: 'http://127.0.0.1:8080',
    headers: [],
    consistency: 'default',
    clients: 0,
    keyOf: (k) => `run-1-0-${k}`,
    ...options,
  })
  const task = { kind, user: 6, product: 41, payee: kind === 'transfer' ? 3 : null }
  const version = kind === 'write' ? 17 : null
  return writer.write(9, { task, version, afterLsn, sentAt: 0, known: null }).toString()
}

const HEAD = ' HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\n'

describe('TaskWriter', () => {
  it.each<[RequestKind, string]>([
    ['read', `GET /api/sessions/user-000007${HEAD}\r\n`],
    ['browse', `GET /api/products/ECO-000042${HEAD}\r\n`],
    ['stock', `GET /api/inventory/ECO-000042${HEAD}\r\n`],
    [
      'write',
      `PUT /api/sessions/user-000007${HEAD}Idempotency-Key: run-1-0-9\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"version":17}`,
    ],
    [
      'order',
      `POST /api/orders${HEAD}Idempotency-Key: run-1-0-9\r\nContent-Type: application/json\r\nContent-Length: 64\r\n\r\n{"user_id":"user-000007","product_id":"ECO-000042","quantity":1}`,
    ],
    ['list', `GET /api/orders?limit=20${HEAD}\r\n`],
    [
      'transfer',
      `POST /api/transfers${HEAD}Idempotency-Key: run-1-0-9\r\nContent-Type: application/json\r\nContent-Length: 52\r\n\r\n{"from":"user-000007","to":"user-000004","amount":1}`,
    ],
  ])('writes %s', (kind, expected) => {
    expect(textOf(kind)).toBe(expected)
  })

  it.each<[RequestKind, Consistency, string | null, string[]]>([
    ['read', 'default', '0/1', []],
    ['read', 'eventual', '0/1', ['X-Consistency: eventual']],
    ['stock', 'strong', '0/1', ['X-Consistency: strong']],
    ['browse', 'read-your-writes', '0/1', ['X-Consistency: read-your-writes', 'X-After-LSN: 0/1']],
    ['read', 'read-your-writes', null, ['X-Consistency: read-your-writes']],
    ['write', 'strong', null, []],
    ['order', 'read-your-writes', null, []],
  ])('%s asks for %s after %j', (kind, consistency, afterLsn, expected) => {
    const lines = textOf(kind, { consistency }, afterLsn).split('\r\n')
    expect(lines.filter((line) => /^X-(Consistency|After-LSN)/.test(line))).toEqual(expected)
  })

  it('sends headers of the target, and the address of a simulated client', () => {
    const text = textOf('read', {
      headers: [
        ['Authorization', 'Bearer a'],
        ['X-A', '1'],
        ['host', 'shop.test'],
        ['X-A', '2'],
      ],
      clients: 4,
    })
    expect(text.split('\r\n')).toEqual([
      'GET /api/sessions/user-000007 HTTP/1.1',
      'Connection: keep-alive',
      'Authorization: Bearer a',
      'X-A: 1',
      'host: shop.test',
      'X-A: 2',
      'X-Forwarded-For: 10.0.1.1',
      '',
      '',
    ])
  })
})

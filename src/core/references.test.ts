import { describe, expect, it } from 'vitest'
import { type AddressBook, fillReferences } from './references.js'

const book: AddressBook = {
  host: '127.0.0.1',
  dir: '/stack/lb',
  data: '/stack/lb/data',
  secret: (role) => `password of ${role}`,
  port: (name) => (name === 'http' ? 20_341 : 20_342),
  address: (node, port) => `${node}.test:${port === 'http' ? 8_000 : 9_000}`,
}

describe('fillReferences', () => {
  it.each([
    ['listen {{host}}:{{port http}};', 'listen 127.0.0.1:20341;'],
    ['server {{address api-1 http}};', 'server api-1.test:8000;'],
    ['{{ dir }}/nginx.pid', '/stack/lb/nginx.pid'],
    ['{{data}}/pgdata', '/stack/lb/data/pgdata'],
    ['*:*:*:replicator:{{secret replicator}}', '*:*:*:replicator:password of replicator'],
    ['{{address api-1 http}} {{address api-2 admin}}', 'api-1.test:8000 api-2.test:9000'],
    ['a { b } {port} $host', 'a { b } {port} $host'],
    ['', ''],
  ])('fills %j', (text, filled) => {
    expect(fillReferences(text, book)).toBe(filled)
  })

  it.each(['{{port}}', '{{address api-1}}', '{{host x}}', '{{dir a b}}', '{{secret}}', '{{secret a b}}', '{{data x}}'])(
    'refuses %j',
    (text) => {
      expect(() => fillReferences(text, book)).toThrow(`unknown reference ${text}`)
    },
  )
})

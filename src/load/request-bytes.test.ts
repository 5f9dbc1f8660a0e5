import { describe, expect, it } from 'vitest'
import type { RequestTemplate } from './port.js'
import { requestBytes } from './request-bytes.js'

const GET: RequestTemplate = { method: 'GET', path: '/', headers: [] }

describe('requestBytes', () => {
  it.each<[string, Partial<RequestTemplate>, string]>([
    ['nothing more than asked for', {}, 'GET / HTTP/1.1\r\nHost: h:8\r\nConnection: keep-alive\r\n\r\n'],
    [
      'every field in its order, repeated ones too',
      {
        headers: [
          ['X-Tag', 'one'],
          ['Accept', ''],
          ['X-Tag', 'two'],
          ['__proto__', 'x'],
        ],
      },
      'GET / HTTP/1.1\r\nHost: h:8\r\nConnection: keep-alive\r\nX-Tag: one\r\nAccept: \r\nX-Tag: two\r\n__proto__: x\r\n\r\n',
    ],
    [
      'Host and Connection as they were given',
      {
        headers: [
          ['host', 'shop.test'],
          ['CONNECTION', 'close'],
        ],
      },
      'GET / HTTP/1.1\r\nhost: shop.test\r\nCONNECTION: close\r\n\r\n',
    ],
    [
      'the length of a body in bytes',
      { method: 'GET', body: Buffer.from('ñ') },
      'GET / HTTP/1.1\r\nHost: h:8\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nñ',
    ],
    [
      'a length that was given, once',
      { method: 'PUT', body: Buffer.from('abc'), headers: [['content-length', '3']] },
      'PUT / HTTP/1.1\r\nHost: h:8\r\nConnection: keep-alive\r\ncontent-length: 3\r\n\r\nabc',
    ],
    [
      'that there is no content, where a method expects some',
      { method: 'POST' },
      'POST / HTTP/1.1\r\nHost: h:8\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n',
    ],
  ])('sends %s', (_name, change, text) => {
    expect(requestBytes({ ...GET, ...change }, 'http://h:8').toString()).toBe(text)
  })

  it('sends any byte of a body', () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    expect(requestBytes({ ...GET, method: 'POST', body }, 'http://[::1]:80').subarray(-256)).toEqual(body)
  })

  it('names the host of an address without its usual port', () => {
    expect(requestBytes(GET, 'https://[::1]:443').toString()).toContain('\r\nHost: [::1]\r\n')
  })
})

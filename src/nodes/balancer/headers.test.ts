import { describe, expect, it } from 'vitest'
import { clientOf, endToEnd, forwardedForOf, requestHeaders } from './headers.js'

describe('the client', () => {
  it.each([
    ['127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['::ffff:10.0.0.5', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
    ['::1', '2001:db8::7', '2001:db8::7'],
    ['192.168.1.1', 'unknown', '192.168.1.1'],
    ['192.168.1.1', '', '192.168.1.1'],
    ['8.8.8.8', '203.0.113.9', '8.8.8.8'], // a stranger's word is not taken
  ])('of peer %s saying %s is %s', (peer, forwardedFor, expected) => {
    expect(clientOf(peer, [forwardedFor]).address).toBe(expected)
    expect(clientOf(peer, []).address).toBe(peer.replace('::ffff:', ''))
  })
})

describe('headers', () => {
  it('of one connection go no further', () => {
    const raw = ['Host', 'shop', 'Connection', 'X-Private', 'X-Private', '1', 'TE', 'trailers', 'Accept', '*/*']
    expect(endToEnd([...raw, 'Keep-Alive', 'timeout=5', 'Transfer-Encoding', 'chunked'], 'X-Private')).toEqual([
      ...['Host', 'shop', 'Accept', '*/*'],
    ])
  })

  it('that frame the body cannot be taken away by naming them in Connection', () => {
    const connection = 'close, Content-Length, Host'
    expect(endToEnd(['Content-Length', '3', 'Host', 'shop', 'Connection', connection], connection)).toEqual([
      ...['Content-Length', '3', 'Host', 'shop'],
    ])
  })

  it('that come several times stay several', () => {
    const raw = ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']
    expect(endToEnd(raw, undefined)).toEqual(raw)
  })

  it('tell the server who asked', () => {
    const raw = [
      'Host',
      'shop',
      'X-Forwarded-For',
      '198.51.100.1',
      'x-forwarded-for',
      '203.0.113.9',
      'X-Real-IP',
      '6.6.6.6',
    ]
    const forwardedFor = forwardedForOf(raw)
    expect(forwardedFor).toEqual(['198.51.100.1', '203.0.113.9'])
    expect(requestHeaders(raw, undefined, clientOf('127.0.0.1', forwardedFor), forwardedFor, false)).toEqual([
      ...['Host', 'shop', 'X-Forwarded-For', '198.51.100.1, 203.0.113.9, 203.0.113.9', 'X-Real-IP', '203.0.113.9'],
    ])
    expect(forwardedForOf(['Host', 'shop'])).toEqual([])
    expect(requestHeaders([], undefined, clientOf('8.8.8.8', []), [], true)).toEqual([
      ...['X-Forwarded-For', '8.8.8.8', 'X-Real-IP', '8.8.8.8', 'Transfer-Encoding', 'chunked'],
    ])
  })
})

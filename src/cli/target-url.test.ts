import { describe, expect, it } from 'vitest'
import { labErrorOf } from '../core/testing/thrown.js'
import { parseTargetUrl, type TargetUrl } from './target-url.js'

describe('parseTargetUrl', () => {
  it.each<[string, Partial<TargetUrl>]>([
    ['http://127.0.0.1:8000', { origin: 'http://127.0.0.1:8000', path: '/', credentials: null }],
    ['HTTP://Example.COM:80/A', { origin: 'http://example.com', path: '/A' }],
    ['https://[::1]:8443/x', { origin: 'https://[::1]:8443', path: '/x' }],
    ['http://localhost?q=1', { origin: 'http://localhost', path: '/?q=1' }],
    ['http://h/a/../b/./c//d', { path: '/a/../b/./c//d' }],
    ['http://h//x', { path: '//x' }],
    ['http://h/menú/día?q=a b', { path: '/men%C3%BA/d%C3%ADa?q=a%20b' }],
    ['http://h/kept%20so', { path: '/kept%20so' }],
    ['http://h/me@x?a=@b:c', { path: '/me@x?a=@b:c', credentials: null }],
    ['http://niño.test/', { origin: 'http://xn--nio-8ma.test' }],
    ['http://ana:s%40lt@h/', { origin: 'http://h', credentials: { user: 'ana', password: 's@lt' } }],
    ['http://ana:a:b@h/', { credentials: { user: 'ana', password: 'a:b' } }],
    ['http://ana@h/', { credentials: { user: 'ana', password: '' } }],
    ['http://ana:ñ%C3%B1@h/', { credentials: { user: 'ana', password: 'ññ' } }],
  ])('reads %s', (text, expected) => {
    expect(parseTargetUrl(text)).toMatchObject(expected)
  })

  it.each<[string, RegExp, RegExp]>([
    ['', /"" is not an address/, /As in/],
    ['localhost:8000', /"localhost:8000" is not an address/, /^Write http:\/\/localhost:8000$/],
    ['127.0.0.1:8000/x', /is not an address/, /^Write http:\/\/127.0.0.1:8000\/x$/],
    ['//h/x', /is not an address/, /^Write http:\/\/h\/x$/],
    ['https:h', /is not an address/, /^Write https:\/\/h$/],
    ['http:/h', /is not an address/, /^Write http:\/\/h$/],
    ['ana:geheim@h:8000', /"\*\*\*@h:8000" is not an address/, /^Write http:\/\/\*\*\*@h:8000$/],
    ['http://ana:ge/heim@h/', /"http:\/\/\*\*\*@h\/" is not an address/, /./],
    ['ftp://h/', /unknown scheme in --url "ftp"/, /Allowed: http, https/],
    ['ws://h/', /unknown scheme in --url "ws"/, /./],
    ['htpp://h/', /unknown scheme in --url "htpp"/, /Did you mean "http"/],
    ['http://', /is not an address/, /As in/],
    ['http:///x', /is not an address/, /As in/],
    ['http://h:99999/', /is not an address/, /As in/],
    ['http://h:0/', /is not an address/, /As in/],
    ['http://a b/', /is not an address/, /As in/],
    ['http://h\\x', /is not an address/, /As in/],
    ['http://::1/', /is not an address/, /As in/],
    ['http://127.1/', /127.1 would be read as 127.0.0.1/, /./],
    ['http://010.0.0.1/', /010.0.0.1 would be read as 8.0.0.1/, /./],
    ['http://h/a#b', /"#b" is a fragment/, /%23/],
    ['http://h#b', /"#b" is a fragment/, /./],
    ['http://h/%', /not percent-encoded/, /%25/],
    ['http://h/\n', /control character/, /./],
    ['http://a%3Ab:c@h/', /name holds a colon/, /^/],
    ['http://ana:geheim%@h/', /name and password are not percent-encoded/, /%25/],
    ['http://ana:geheim%00@h/', /control character/, /^/],
    ['http://ana:geheim@h:0/', /"http:\/\/\*\*\*@h:0\/" is not/, /^/],
  ])('refuses %s', (text, message, hint) => {
    const error = labErrorOf(() => parseTargetUrl(text))
    expect(error.exitCode).toBe(2)
    expect(error.message).toMatch(message)
    expect(error.hint ?? '').toMatch(hint)
    expect(`${error.message} ${error.hint}`).not.toMatch(/geheim|heim@/)
  })
})

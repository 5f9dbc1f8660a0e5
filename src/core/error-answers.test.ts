import { describe, expect, it } from 'vitest'
import { adviceOn, adviceOnConnecting, allErrors, errorWords, lossWords, shownBody } from './error-answers.js'

const ledger = { ok: 0, http_error: 9, lost: 0 }
const none = { ledger, statuses: {}, losses: {} }

describe('shownBody', () => {
  it.each<[string, Buffer, string | null]>([
    ['text', Buffer.from('{"error":"who are you?"}\n'), '{"error":"who are you?"}'],
    ['lines', Buffer.from('a\r\n\tb\u2028c'), 'a b c'],
    ['escapes of a terminal', Buffer.from('\u001b[31mred\u0007\u009b2J'), '[31mred 2J'],
    ['what turns the direction of writing', Buffer.from('a\u202eb'), 'a b'],
    ['nothing', Buffer.from(''), ''],
    ['a coding', Buffer.from([0x1f, 0x8b, 8, 0]), null],
    ['zeros', Buffer.from('a\0b'), null],
    ['half a character', Buffer.from('día').subarray(0, 2), null],
  ])('of %s', (_name, bytes, text) => {
    expect(shownBody(bytes, false)).toBe(text)
  })

  it('takes half a character at the end for what it is where more followed', () => {
    expect(shownBody(Buffer.from('día').subarray(0, 2), true)).toBe('d')
  })
})

describe('words', () => {
  it.each([
    [
      { status: 401, answers: 1_200, content_type: 'text/plain', body: 'who are you?', more: false },
      '401 (1,200 answers, text/plain): "who are you?"',
    ],
    [{ status: 500, answers: 1, content_type: null, body: 'a', more: true }, '500 (1 answer): "a ..."'],
    [{ status: 404, answers: 2, content_type: null, body: '', more: false }, '404 (2 answers): an empty body'],
    [
      { status: 502, answers: 2, content_type: 'a\u001bb (gzip)', body: null, more: true },
      '502 (2 answers, a b (gzip)): no text',
    ],
  ])('of %j', (answer, text) => {
    expect(errorWords(answer)).toBe(text)
  })

  it('of lost requests', () => {
    expect(lossWords(none)).toBeNull()
    expect(lossWords({ ...none, losses: { reset: 1_200, timeout: 3 }, connect_failures: { ECONNREFUSED: 4 } })).toBe(
      'lost: reset 1,200, timeout 3; not connected: ECONNREFUSED 4',
    )
  })
})

describe('advice', () => {
  it.each([
    [{ 401: 5 }, /credentials/],
    [{ 403: 5 }, /credentials/],
    [{ 404: 5, 500: 4 }, /--path/],
    [{ 405: 5 }, /--method/],
    [{ 415: 5 }, /--header and --body/],
    [{ 429: 5 }, /limit/],
    [{ 404: 4, 500: 5 }, /log of the application/],
    [{ 200: 50, 503: 5 }, /log of the application/],
  ])('on %j', (statuses, advice) => {
    expect(adviceOn({ ...none, statuses })).toMatch(advice)
  })

  it.each([
    ['ECONNREFUSED', /Nothing listens there/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /--insecure/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /--insecure/],
    ['CERT_HAS_EXPIRED', /--insecure/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /--insecure/],
    ['EPROTO', /http:\/\/ instead/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /http:\/\/ instead/],
    ['ECONNRESET', /https:\/\/ instead/],
    ['ENOTFOUND', /name of the host/],
  ])('on %s', (code, advice) => {
    expect(adviceOnConnecting(code)).toMatch(advice)
    expect(adviceOn({ ...none, connect_failures: { [code]: 1 } })).toMatch(advice)
  })

  it('is none where nothing was bad, and never to lower the rate of who answers errors', () => {
    expect(adviceOn({ ...none, statuses: { 200: 5 } })).toBeNull()
    expect(allErrors({ ledger })).toBe(true)
    expect(allErrors({ ledger: { ...ledger, ok: 1 } })).toBe(false)
    expect(allErrors({ ledger: { ok: 0, http_error: 0, lost: 0 } })).toBe(false)
  })
})

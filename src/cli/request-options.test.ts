import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { EXIT, LabError } from '../core/errors.js'
import type { Workload } from '../core/load.js'
import type { HeaderField } from '../load/port.js'
import type { Os } from './os.js'
import { type RequestOptions, type RequestSetting, requestOf } from './request-options.js'

const cwd = mkdtempSync(join(tmpdir(), 'request options '))
afterAll(() => rmSync(cwd, { recursive: true }))
const BYTES = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
writeFileSync(join(cwd, 'any bytes.bin'), BYTES)
writeFileSync(join(cwd, 'huge'), '')
truncateSync(join(cwd, 'huge'), 16 * 2 ** 20 + 1)

function osWith(stdin: string | Buffer[] = []): Os {
  const parts = typeof stdin === 'string' ? [Buffer.from(stdin)] : stdin
  return { cwd, stdin: Readable.from(parts), signal: new AbortController().signal } as unknown as Os
}

const LOAD: RequestSetting['load'] = { clients: 0, workload: null }
const MIX = { clients: 0, workload: {} as Workload }
const SETTING: RequestSetting = { path: '/api/products', load: LOAD }

describe('requestOf', () => {
  it.each<[string, RequestOptions, Partial<Awaited<ReturnType<typeof requestOf>>>]>([
    ['nothing', {}, { method: 'GET', path: '/api/products', headers: [] }],
    ['letters beyond ASCII', { path: '/menú/día' }, { path: '/men%C3%BA/d%C3%ADa' }],
    ['spaces', { path: '/two words?q=a b' }, { path: '/two%20words?q=a%20b' }],
    ['what is encoded', { path: '/kept%20so?a=%c3%b1+%2F' }, { path: '/kept%20so?a=%c3%b1+%2F' }],
    ['dots and doubled slashes', { path: '//a/../b/./c//?x=?/..' }, { path: '//a/../b/./c//?x=?/..' }],
    ['all that RFC 3986 allows', { path: "/-._~!$&'()*+,;=:@/?/?" }, { path: "/-._~!$&'()*+,;=:@/?/?" }],
    ['what it does not allow', { path: '/"<>[]\\^`{|}' }, { path: '/%22%3C%3E%5B%5D%5C%5E%60%7B%7C%7D' }],
    ['characters of two code units', { path: '/😀' }, { path: '/%F0%9F%98%80' }],
    ['an asterisk', { method: 'OPTIONS', path: '*' }, { method: 'OPTIONS', path: '*' }],
    ['other methods', { method: 'PROPFIND' }, { method: 'PROPFIND' }],
    ['a body of a GET', { body: 'ñ' }, { method: 'GET', body: Buffer.from('ñ') }],
    ['an empty body', { body: '' }, { body: Buffer.from('') }],
    ['any byte of a file', { body: '@any bytes.bin' }, { body: BYTES, bodyFrom: '@any bytes.bin' }],
    ['standard input', { body: '@-' }, { body: Buffer.from('@x\n'), bodyFrom: '@-' }],
  ])('sends %s', async (_name, options, expected) => {
    const request = await requestOf(osWith('@x\n'), options, SETTING)
    expect(request).toMatchObject(expected)
  })

  it('reads standard input once for all that send it', async () => {
    const os = osWith('x')
    const requests = await Promise.all([1, 2].map(() => requestOf(os, { body: '@-' }, SETTING)))
    expect(requests.map(({ body }) => String(body))).toEqual(['x', 'x'])
  })

  it.each<[string[], HeaderField[]]>([
    [
      ['X-Tag: one', 'X-Tag: two'],
      [
        ['X-Tag', 'one'],
        ['X-Tag', 'two'],
      ],
    ],
    [['X-A:1:2'], [['X-A', '1:2']]],
    [['X-A: \t a\tb  '], [['X-A', 'a\tb']]],
    [['X-A:'], [['X-A', '']]],
    [['Host: shop.test'], [['Host', 'shop.test']]],
    [['Connection: close'], [['Connection', 'close']]],
    [['Content-Length: 0'], [['Content-Length', '0']]],
    [['__proto__: x'], [['__proto__', 'x']]],
  ])('takes %j', async (header, headers) => {
    expect((await requestOf(osWith(), { header }, SETTING)).headers).toEqual(headers)
  })

  it('sends name and password of an address, and then what was given', async () => {
    const credentials = { user: 'ana', password: 's@lt' }
    const { headers } = await requestOf(osWith(), { header: ['A: b'] }, { ...SETTING, credentials })
    expect(headers).toEqual([
      ['Authorization', 'Basic YW5hOnNAbHQ='],
      ['A', 'b'],
    ])
  })

  it.each<[RequestOptions, Partial<RequestSetting>, RegExp, RegExp]>([
    [{ method: 'GTE' }, {}, /unknown --method "GTE"/, /Did you mean "GET"\?\nAllowed: .*DELETE/],
    [{ method: 'get' }, {}, /unknown --method "get"/, /Did you mean "GET"/],
    [{ method: 'GET /x' }, {}, /--method "GET \/x"/, /Allowed/],
    [{ method: '' }, {}, /--method ""/, /Allowed/],
    [{ method: 'CONNECT' }, {}, /--method CONNECT asks for a tunnel/, /./],
    [{ method: 'TRACE', body: 'x' }, {}, /TRACE has no body/, /./],
    [{ method: 'TRACE', header: ['Cookie: a=b'] }, {}, /TRACE: .*credentials/, /./],
    [{ path: '' }, {}, /--path: "" does not begin with \//, /./],
    [{ path: 'items' }, {}, /--path: "items" does not begin/, /--path \/items/],
    [{ path: 'http://h/x' }, {}, /does not begin/, /--url/],
    [{ path: '*' }, {}, /does not begin/, /./],
    [{ path: '/a#b' }, {}, /"#b" is a fragment/, /%23/],
    [{ path: '/100%' }, {}, /"%" is not percent-encoded/, /%25/],
    [{ path: '/%zz' }, {}, /"%zz" is not percent-encoded/, /%25/],
    [{ path: '/a\nb' }, {}, /"\/a\\nb" holds a control character/, /%0A/],
    [{ path: '/\ud800' }, {}, /is not all text/, /%FF/],
    [{ header: [''] }, {}, /a name, a colon and a value/, /'Name: value'/],
    [{ header: ['Accept'] }, {}, /a name, a colon and a value/, /./],
    [{ header: [': x'] }, {}, /"" is not a name of a header/, /RFC 9110/],
    [{ header: ['A B: x'] }, {}, /"A B" is not a name/, /./],
    [{ header: ['A : x'] }, {}, /"A " is not a name/, /./],
    [{ header: [':path: x'] }, {}, /"" is not a name/, /./],
    [{ header: ['Ñ: x'] }, {}, /"Ñ" is not a name/, /./],
    [{ header: ['A: x\r\nB: y'] }, {}, /value of A holds a control character/, /./],
    [{ header: ['A: x\ny'] }, {}, /value of A holds a control character/, /./],
    [{ header: ['A: x\0'] }, {}, /value of A holds a control character/, /./],
    [{ header: ['A: ñ'] }, {}, /value of A holds a character beyond ASCII/, /%C3/],
    [{ header: ['Host: a', 'host: b'] }, {}, /Host is given twice/, /./],
    [{ header: ['Transfer-Encoding: chunked'] }, {}, /Transfer-Encoding is not sent/, /./],
    [{ header: ['Content-Length: 5'], body: 'x' }, {}, /Content-Length 5 is not the length of the body, 1/, /./],
    [{ header: ['Content-Length: 0', 'Content-Length: 0'] }, {}, /Content-Length is given twice/, /./],
    [{ header: ['X-Forwarded-For: 1.1.1.1'] }, { load: { ...LOAD, clients: 9 } }, /--clients exclude/, /./],
    [{ header: ['X-Consistency: strong'] }, { load: MIX }, /sends X-Consistency of its own/, /--consistency/],
    [{ header: ['Idempotency-Key: 1'] }, { load: MIX }, /sends Idempotency-Key of its own/, /./],
    [
      { header: ['authorization: Bearer x'] },
      { credentials: { user: 'a', password: 'b' } },
      /--url has a name and a password, and --header/,
      /Give one/,
    ],
    [{ body: '@missing.json' }, {}, /--body @missing.json: cannot be read \(ENOENT\)/, /--body @-/],
    [{ body: '@' }, {}, /--body @: not a file/, /@-/],
    [{ body: '@/dev/null' }, {}, /--body @\/dev\/null: not a file/, /@-/],
    [{ body: '@any bytes.bin/x' }, {}, /cannot be read \(ENOTDIR\)/, /./],
    [{ body: '@a\0b' }, {}, /cannot be read/, /./],
    [{ body: '@huge' }, {}, /more than 16 MiB/, /^/],
    [{ body: '@any bytes.bin' }, { load: { ...LOAD, clients: 2_000_000 } }, /each keeps a copy/, /smaller body/],
  ])('refuses %j of %j', async (options, setting, message, hint) => {
    const error: unknown = await requestOf(osWith(), options, { ...SETTING, ...setting }).catch((thrown) => thrown)
    if (!(error instanceof LabError)) throw new Error('not refused', { cause: error })
    expect(error.exitCode).toBe(EXIT.usage)
    expect(error.message).toMatch(message)
    expect(error.hint ?? '').toMatch(hint)
  })

  it('refuses standard input without an end', async () => {
    const part = Buffer.alloc(2 ** 20)
    const endless = { cwd, stdin: Readable.from(Array.from({ length: 20 }, () => part)) }
    const os = { ...endless, signal: new AbortController().signal } as unknown as Os
    await expect(requestOf(os, { body: '@-' }, SETTING)).rejects.toThrow('more than 16 MiB')
  })
})

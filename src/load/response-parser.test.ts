import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LONGEST_HEAD, type ParseOutcome, type RequestFraming, ResponseParser } from './response-parser.js'

const GET: RequestFraming = { method: 'GET', upgrade: false }
const HEAD: RequestFraming = { method: 'HEAD', upgrade: false }
const CONNECT: RequestFraming = { method: 'CONNECT', upgrade: false }
const UPGRADE: RequestFraming = { method: 'GET', upgrade: true }

interface Seen {
  outcome: ParseOutcome | 'complete at the end'
  status?: number
  keepAlive?: boolean
  headers: string[]
  body: string
}

/** What comes of an answer that arrives in these pieces, after which the connection ends. */
function read(pieces: readonly Buffer[], asked: RequestFraming = GET): Seen {
  const seen: Seen = { outcome: 'more', headers: [], body: '' }
  const parser = new ResponseParser(['x-instance-id', 'x-lsn'], {
    begin: () => {
      seen.headers = []
    },
    header: (name, value) => seen.headers.push(`${name}=${value}`),
    body: (part) => {
      seen.body += part.toString('latin1')
    },
  })
  parser.expect(asked)
  for (const [i, piece] of pieces.entries()) {
    seen.outcome = parser.feed(piece)
    if (seen.outcome === 'complete' && pieces.slice(i + 1).some(({ length }) => length > 0)) seen.outcome = 'surplus'
    if (seen.outcome !== 'more') break
  }
  if (seen.outcome === 'more' && parser.end()) seen.outcome = 'complete at the end'
  if (seen.outcome.startsWith('complete') || seen.outcome === 'surplus') {
    seen.status = parser.status
    seen.keepAlive = parser.keepAlive
  }
  parser.free()
  return seen
}

function text(seen: Seen): string {
  const { outcome, status, keepAlive, headers, body } = seen
  if (status === undefined) return outcome
  return [outcome, status, keepAlive === true ? 'again' : 'last', ...headers, JSON.stringify(body)].join(' ')
}

const bytes = (answer: string): Buffer => Buffer.from(answer, 'latin1')
const every = (buffer: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(buffer.length / size) }, (_, i) => buffer.subarray(i * size, (i + 1) * size))

const OK = 'HTTP/1.1 200 OK\r\n'
const NONE = 'Content-Length: 0\r\n'
const CHUNKED = 'Transfer-Encoding: chunked\r\n'

/** What it is, the answer, what comes of it, and the request where it is no GET. */
const RULES: [string, string, string, RequestFraming?][] = [
  // RFC 9112, 6.3, in its order.
  ['1: HEAD, with a length', `${OK}Content-Length: 9\r\n\r\n`, 'complete 200 again ""', HEAD],
  ['1: HEAD, without one', `${OK}\r\n`, 'complete 200 again ""', HEAD],
  ['1: HEAD, chunked', `${OK}${CHUNKED}\r\n`, 'complete 200 again ""', HEAD],
  ['1: HEAD, with a body all the same', `${OK}Content-Length: 2\r\n\r\nhi`, 'surplus 200 again ""', HEAD],
  ['1: HEAD, not found', 'HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n', 'complete 404 again ""', HEAD],
  ['1: HEAD, interim first', `HTTP/1.1 103 Early Hints\r\n\r\n${OK}\r\n`, 'complete 200 again ""', HEAD],
  ['1: 204', 'HTTP/1.1 204 No Content\r\n\r\n', 'complete 204 again ""'],
  ['1: 204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', 'complete 204 again ""'],
  ['1: 204 with a body', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello', 'surplus 204 again ""'],
  ['1: 204 chunked', `HTTP/1.1 204 No Content\r\n${CHUNKED}\r\n`, 'complete 204 again ""'],
  ['1: 304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', 'complete 304 again ""'],
  ['1: 205 has a length', `HTTP/1.1 205 Reset Content\r\n${NONE}\r\n`, 'complete 205 again ""'],
  ['1: interim', `HTTP/1.1 100 Continue\r\n\r\n${OK}${NONE}\r\n`, 'complete 200 again ""'],
  [
    '1: interim with a length',
    `HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n${OK}${NONE}\r\n`,
    'complete 200 again ""',
  ],
  ['1: interim nobody knows', `HTTP/1.1 199 What\r\n${CHUNKED}\r\n${OK}${NONE}\r\n`, 'complete 200 again ""'],
  ['1: several interim', `HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\n\r\n${OK}${NONE}\r\n`, 'complete 200 again ""'],
  [
    '1: interim that says close',
    `HTTP/1.1 103 E\r\nConnection: close\r\n\r\n${OK}${NONE}\r\n`,
    'complete 200 again ""',
  ],
  ['1: interim alone', 'HTTP/1.1 103 E\r\n\r\n', 'more'],
  [
    '1: interim, whose fields are not the answer’s',
    `HTTP/1.1 103 E\r\nX-LSN: 1\r\n\r\n${OK}${NONE}\r\n`,
    'complete 200 again ""',
  ],
  ['2: CONNECT', `HTTP/1.1 200 Connected\r\n\r\n`, 'complete 200 last ""', CONNECT],
  ['2: CONNECT, refused', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno', 'complete 403 again "no"', CONNECT],
  ['3: coding and length', `${OK}Content-Length: 2\r\n${CHUNKED}\r\n0\r\n\r\n`, 'malformed'],
  ['3: coding and length, the other way', `${OK}${CHUNKED}Content-Length: 2\r\n\r\n0\r\n\r\n`, 'malformed'],
  ['4: chunked', `${OK}${CHUNKED}\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n`, 'complete 200 again "hi!"'],
  ['4: chunked, capitals', `${OK}TRANSFER-ENCODING: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`, 'complete 200 again "hi"'],
  ['4: chunked last', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`, 'complete 200 again "hi"'],
  [
    '4: unknown coding, chunked last',
    `${OK}Transfer-Encoding: foo, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    'complete 200 again "hi"',
  ],
  ['4: in two fields', `${OK}Transfer-Encoding: gzip\r\n${CHUNKED}\r\n2\r\nhi\r\n0\r\n\r\n`, 'complete 200 again "hi"'],
  ['4: chunked not last', `${OK}Transfer-Encoding: chunked, gzip\r\n\r\nhi`, 'complete at the end 200 last "hi"'],
  ['4: unknown coding', `${OK}Transfer-Encoding: foo\r\n\r\nhi`, 'complete at the end 200 last "hi"'],
  ['4: a name that ends like it', `${OK}Transfer-Encoding: xchunked\r\n\r\nhi`, 'complete at the end 200 last "hi"'],
  ['5: no number', `${OK}Content-Length: five\r\n\r\nhello`, 'malformed'],
  ['5: negative', `${OK}Content-Length: -5\r\n\r\nhello`, 'malformed'],
  ['5: signed', `${OK}Content-Length: +5\r\n\r\nhello`, 'malformed'],
  ['5: hexadecimal', `${OK}Content-Length: 0x5\r\n\r\nhello`, 'malformed'],
  ['5: empty', `${OK}Content-Length:\r\n\r\nhello`, 'malformed'],
  ['5: two numbers', `${OK}Content-Length: 5 5\r\n\r\nhello`, 'malformed'],
  ['5: a list', `${OK}Content-Length: 5, 5\r\n\r\nhello`, 'malformed'],
  ['5: twice', `${OK}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`, 'malformed'],
  ['5: twice, not the same', `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!`, 'malformed'],
  ['5: beyond 64 bits', `${OK}Content-Length: 99999999999999999999\r\n\r\nhello`, 'malformed'],
  ['6: length', `${OK}Content-Length: 5\r\n\r\nhello`, 'complete 200 again "hello"'],
  ['6: length 0', `${OK}${NONE}\r\n`, 'complete 200 again ""'],
  ['6: length with zeros and spaces', `${OK}Content-Length:  005 \r\n\r\nhello`, 'complete 200 again "hello"'],
  ['6: too little', `${OK}Content-Length: 100\r\n\r\nhello`, 'more'],
  ['6: too much', `${OK}Content-Length: 2\r\n\r\nhello`, 'surplus 200 again "he"'],
  ['6: another answer behind', `${OK}${NONE}\r\n${OK}${NONE}\r\n`, 'surplus 200 again ""'],
  ['6: a line end behind', `${OK}${NONE}\r\n\r\n`, 'surplus 200 again ""'],
  ['8: no length', `${OK}\r\nhello`, 'complete at the end 200 last "hello"'],
  ['8: no length, nothing', `${OK}\r\n`, 'complete at the end 200 last ""'],
  ['8: no length, broken off in the head', `${OK}X-LSN: 1\r\n`, 'more'],
  // 7.1, the chunked coding.
  ['chunks: extensions', `${OK}${CHUNKED}\r\n2;a=b;c="d;e"\r\nhi\r\n0;x\r\n\r\n`, 'complete 200 again "hi"'],
  ['chunks: spaces after the size', `${OK}${CHUNKED}\r\n2  \r\nhi\r\n0\r\n\r\n`, 'complete 200 again "hi"'],
  ['chunks: zeros before the size', `${OK}${CHUNKED}\r\n0002\r\nhi\r\n00\r\n\r\n`, 'complete 200 again "hi"'],
  ['chunks: trailers', `${OK}${CHUNKED}\r\n2\r\nhi\r\n0\r\nX-LSN: 1\r\n\r\n`, 'complete 200 again "hi"'],
  ['chunks: broken off', `${OK}${CHUNKED}\r\n2\r\nhi\r\n`, 'more'],
  ['chunks: last line missing', `${OK}${CHUNKED}\r\n2\r\nhi\r\n0\r\n`, 'more'],
  ['chunks: no size', `${OK}${CHUNKED}\r\nZZ\r\nhi`, 'malformed'],
  ['chunks: signed', `${OK}${CHUNKED}\r\n+2\r\nhi\r\n0\r\n\r\n`, 'malformed'],
  ['chunks: 0x', `${OK}${CHUNKED}\r\n0x2\r\nhi\r\n0\r\n\r\n`, 'malformed'],
  ['chunks: beyond 64 bits', `${OK}${CHUNKED}\r\nFFFFFFFFFFFFFFFFFF\r\nhi`, 'malformed'],
  ['chunks: longer than said', `${OK}${CHUNKED}\r\n2\r\nhello\r\n0\r\n\r\n`, 'malformed'],
  ['chunks: no line end', `${OK}${CHUNKED}\r\n2\r\nhi0\r\n\r\n`, 'malformed'],
  // 6.1, 9.3 and 9.6: how long a connection lasts.
  ['1.1 and close', `${OK}Connection: close\r\n${NONE}\r\n`, 'complete 200 last ""'],
  ['1.1 and close among others', `${OK}Connection: x, CLOSE , y\r\n${NONE}\r\n`, 'complete 200 last ""'],
  ['1.1, keep-alive and close', `${OK}Connection: keep-alive, close\r\n${NONE}\r\n`, 'complete 200 last ""'],
  [
    '1.1 and close in a second field',
    `${OK}Connection: keep-alive\r\nConnection: close\r\n${NONE}\r\n`,
    'complete 200 last ""',
  ],
  ['1.1 and something that begins with close', `${OK}Connection: closed\r\n${NONE}\r\n`, 'complete 200 again ""'],
  ['1.0', `HTTP/1.0 200 OK\r\n${NONE}\r\n`, 'complete 200 last ""'],
  ['1.0 and keep-alive', `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${NONE}\r\n`, 'complete 200 again ""'],
  [
    '1.0 and keep-alive without a length',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhi',
    'complete at the end 200 last "hi"',
  ],
  [
    '1.0 and a coding',
    `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${CHUNKED}\r\n2\r\nhi\r\n0\r\n\r\n`,
    'complete 200 last "hi"',
  ],
  ['HEAD and close', `${OK}Connection: close\r\n\r\n`, 'complete 200 last ""', HEAD],
  // Status lines: RFC 9112, 4, and RFC 9110, 15.
  ['no reason phrase', `HTTP/1.1 200\r\n${NONE}\r\n`, 'complete 200 again ""'],
  ['an empty reason phrase', `HTTP/1.1 200 \r\n${NONE}\r\n`, 'complete 200 again ""'],
  ['an unknown class', `HTTP/1.1 999 Weird\r\n${NONE}\r\n`, 'complete 999 again ""'],
  ['no class', `HTTP/1.1 000 Zero\r\n${NONE}\r\n`, 'malformed'],
  ['four digits', `HTTP/1.1 2000 OK\r\n${NONE}\r\n`, 'malformed'],
  ['two digits', `HTTP/1.1 20 OK\r\n${NONE}\r\n`, 'malformed'],
  ['letters', `HTTP/1.1 2xx OK\r\n${NONE}\r\n`, 'malformed'],
  ['two spaces', `HTTP/1.1  200 OK\r\n${NONE}\r\n`, 'malformed'],
  ['another version', `HTTP/2.0 200 OK\r\n${NONE}\r\n`, 'malformed'],
  ['version 1.2', `HTTP/1.2 200 OK\r\n${NONE}\r\n`, 'malformed'],
  ['small letters', `http/1.1 200 OK\r\n${NONE}\r\n`, 'malformed'],
  ['HTTP/0.9', '<html>hello</html>', 'malformed'],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'malformed'],
  ['RTSP', `RTSP/1.0 200 OK\r\n${NONE}\r\n`, 'malformed'],
  ['empty lines before', `\r\n\r\n${OK}${NONE}\r\n`, 'complete 200 again ""'],
  ['nothing', '', 'more'],
  // RFC 9110, 7.8 and 15.2.2.
  [
    'a protocol that was asked for',
    'HTTP/1.1 101 S\r\nUpgrade: a\r\nConnection: Upgrade\r\n\r\n',
    'complete 101 last ""',
    UPGRADE,
  ],
  [
    'with its first bytes',
    'HTTP/1.1 101 S\r\nUpgrade: a\r\nConnection: Upgrade\r\n\r\n\x00\x01',
    'surplus 101 last ""',
    UPGRADE,
  ],
  ['a protocol that nobody asked for', 'HTTP/1.1 101 S\r\nUpgrade: a\r\nConnection: Upgrade\r\n\r\n', 'malformed'],
  [
    'an offer of another protocol',
    `${OK}Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nhi`,
    'complete 200 again "hi"',
  ],
  // Fields: RFC 9112, 2.2 and 5; RFC 9110, 5.5.
  [
    'fields that are read',
    `${OK}X-Instance-ID: api-1\r\nServer: x\r\nx-lsn:0/1A\r\n${NONE}\r\n`,
    'complete 200 again x-instance-id=api-1 x-lsn=0/1A ""',
  ],
  [
    'spaces and tabs around',
    `${OK}X-Instance-ID: \t api-1 \t\r\n${NONE}\r\n`,
    'complete 200 again x-instance-id=api-1 ""',
  ],
  ['an empty one', `${OK}X-Instance-ID:\r\n${NONE}\r\n`, 'complete 200 again x-instance-id= ""'],
  [
    'other letters than ASCII',
    `${OK}X-Instance-ID: \xe9\xa0\r\n${NONE}\r\n`,
    'complete 200 again x-instance-id=\xe9\xa0 ""',
  ],
  ['folded', `${OK}X-Instance-ID: a\r\n b\r\n${NONE}\r\n`, 'complete 200 again x-instance-id=a b ""'],
  ['folded at once', `${OK}X-Instance-ID:\r\n b\r\n${NONE}\r\n`, 'complete 200 again x-instance-id=b ""'],
  ['a folded length', `${OK}Content-Length: 5\r\n 5\r\n\r\nhello`, 'malformed'],
  ['a space before the colon', `${OK}X-Instance-ID : a\r\n${NONE}\r\n`, 'malformed'],
  ['a space before the colon of a length', `${OK}Content-Length : 5\r\n\r\nhello`, 'malformed'],
  ['no name', `${OK}: a\r\n${NONE}\r\n`, 'malformed'],
  ['no colon', `${OK}X-Instance-ID\r\n${NONE}\r\n`, 'malformed'],
  ['a name that is none', `${OK}X(y): a\r\n${NONE}\r\n`, 'malformed'],
  ['a zero byte', `${OK}X-Instance-ID: a\0b\r\n${NONE}\r\n`, 'malformed'],
  ['a control character', `${OK}Server: \x1b[31m\r\n${NONE}\r\n`, 'malformed'],
  ['a carriage return within', `${OK}Server: a\rb\r\n${NONE}\r\n`, 'malformed'],
  ['lines that end with LF', 'HTTP/1.1 200 OK\nX-LSN: 1\nContent-Length: 2\n\nhi', 'complete 200 again x-lsn=1 "hi"'],
]

describe('an answer', () => {
  it.each(RULES)('%s', (_rule, answer, expected, asked) => {
    const whole = bytes(answer)
    expect(text(read([whole], asked))).toBe(expected)
    expect(text(read(every(whole, 1), asked))).toBe(expected)
    for (let at = 1; at < whole.length; at++) {
      expect(text(read([whole.subarray(0, at), whole.subarray(at)], asked))).toBe(expected)
    }
  })

  it('is the same however its bytes are split, also when some of them are wrong', () => {
    const answers = fc.constantFrom(...RULES.map(([, answer, , asked]) => ({ answer, asked })))
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 })
    const cuts = fc.array(fc.nat(), { maxLength: 8 })
    fc.assert(
      fc.property(answers, damage, cuts, ({ answer, asked }, wrong, where) => {
        const whole = bytes(answer)
        for (const [at, byte] of wrong) if (whole.length > 0) whole[at % whole.length] = byte
        const ends = [...where.map((at) => at % (whole.length + 1)), whole.length].toSorted((a, b) => a - b)
        const pieces = ends.map((end, i) => whole.subarray(i === 0 ? 0 : ends[i - 1], end))
        expect(text(read(pieces, asked))).toBe(text(read([whole], asked)))
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('how long the head of an answer may be', () => {
  const answer = (head: number): string => {
    const rest = `${OK}X-A: \r\n${NONE}\r\n`.length
    return `${OK}X-A: ${'a'.repeat(head - rest)}\r\n${NONE}\r\n`
  }
  it.each<[string, string, string]>([
    ['at its longest', answer(LONGEST_HEAD), 'complete 200 again ""'],
    ['a byte longer', answer(LONGEST_HEAD + 1), 'oversized'],
    ['one field without an end', `${OK}X-A: ${'a'.repeat(10_000_000)}`, 'oversized'],
    ['spaces without an end', `${OK}X-A: ${' '.repeat(10_000_000)}`, 'oversized'],
    ['very many fields', `${OK}${'X-A: b\r\n'.repeat(100_000)}${NONE}\r\n`, 'oversized'],
    ['a reason without an end', `HTTP/1.1 200 ${'O'.repeat(1_000_000)}`, 'oversized'],
    ['interim answers without an end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(50_000), 'oversized'],
    ['a trailer without an end', `${OK}${CHUNKED}\r\n0\r\nX-A: ${'a'.repeat(1_000_000)}`, 'oversized'],
    [
      'ten thousand fields',
      `${OK}${Array.from({ length: 10_000 }, (_, i) => `X-H${i}: v\r\n`).join('')}${NONE}\r\n`,
      'complete 200 again ""',
    ],
  ])('%s', (_what, text_, expected) => {
    const whole = bytes(text_)
    for (const size of [whole.length, 65_536, 65_537, 1_000, 7]) expect(text(read(every(whole, size)))).toBe(expected)
  })

  it('has nothing to do with the length of the body', () => {
    const body = 'x'.repeat(3 * LONGEST_HEAD)
    const whole = bytes(`${OK}Content-Length: ${body.length}\r\n\r\n${body}`)
    for (const size of [whole.length, 65_536])
      expect(read(every(whole, size))).toMatchObject({ outcome: 'complete', body })
  })
})

describe('one parser', () => {
  it('reads one answer after the other, whatever became of the one before', () => {
    const parser = new ResponseParser([], { begin: () => {}, header: () => {}, body: null })
    const outcomes = [
      `${OK}${NONE}\r\n`,
      'rubbish',
      `${OK}Content-Length: 5\r\n\r\nhe`,
      `${OK}${CHUNKED}\r\n0\r\n\r\n`,
      `${OK}X: ${'a'.repeat(LONGEST_HEAD)}`,
      `HTTP/1.1 404 No\r\n${NONE}\r\n`,
    ].map((answer) => {
      parser.expect(GET)
      return [parser.feed(bytes(answer)), parser.status]
    })
    expect(outcomes).toEqual([
      ['complete', 200],
      ['malformed', 200],
      ['more', 200],
      ['complete', 200],
      ['oversized', 200],
      ['complete', 404],
    ])
    parser.free()
  })

  it('is one of many: thousands of connections share its memory', () => {
    const reader = { begin: () => {}, header: () => {}, body: null }
    const parsers = Array.from({ length: 20_000 }, () => new ResponseParser([], reader))
    for (const parser of parsers) parser.expect(GET)
    for (const half of [`${OK}Content-Le`, 'ngth: 2\r\n\r\nh']) {
      for (const parser of parsers) expect(parser.feed(bytes(half))).toBe('more')
    }
    for (const parser of parsers) expect(parser.feed(bytes('i'))).toBe('complete')
    for (const parser of parsers) parser.free()
  })
})

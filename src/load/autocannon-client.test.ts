import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Answer } from './answer.js'
import { connectWithAutocannon } from './autocannon-client.js'
import type { Connections } from './connections.js'
import { requestMix } from './mix.js'
import type { RequestTemplate } from './port.js'

const GET: RequestTemplate = { method: 'GET', path: '/', headers: [] }
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'

/** What happened, in words: "idle 0", "answer 0 200 api-1", "lost 0 reset", "refused 0 ECONNREFUSED". */
type Events = string[]

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

/** A server that hands every request, as text, to the handler, with how many came before on its connection. */
async function serve(
  onRequest: (socket: Socket, text: string, before: number) => void,
  onConnect: (socket: Socket) => void = () => {},
): Promise<{ port: number; sockets: Socket[]; server: Server }> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    let before = 0
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => onRequest(socket, chunk.toString(), before++))
    onConnect(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as { port: number }).port, sockets, server }
}

function open(port: number, count = 1, templates = [GET], clients = 0): { connections: Connections; events: Events } {
  const events: Events = []
  const connections = connectWithAutocannon({
    origin: `http://127.0.0.1:${port}`,
    connections: count,
    mix: requestMix(templates, clients),
    connectTimeoutMs: 1_000,
    asksDatabase: false,
    events: {
      onConnected: () => {},
      onIdle: (c) => events.push(`idle ${c}`),
      onDown: (c) => events.push(`down ${c}`),
      onAnswer: (c, { status, instance }) => events.push(`answer ${c} ${status} ${instance}`),
      wantsError: () => false,
      onError: () => {},
      onLost: (c, cause) => events.push(`lost ${c} ${cause}`),
      onUnsent: (c) => events.push(`unsent ${c}`),
      onConnectFailure: (c, code) => events.push(`refused ${c} ${code}`),
    },
  })
  cleanups.push(() => connections.close())
  return { connections, events }
}

/** Waits until so many things have happened. */
async function until(events: Events, count: number): Promise<Events> {
  const end = Date.now() + 5_000
  while (events.length < count) {
    if (Date.now() > end) throw new Error(`only ${events.length} of ${count} came: ${events.join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return events
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('a connection', () => {
  it('carries one request after another', async () => {
    const texts: string[] = []
    const { port, sockets } = await serve((socket, text) => {
      texts.push(text)
      socket.write('HTTP/1.1 201 Created\r\nx-instance-id: api-7\r\nContent-Length: 2\r\n\r\nhi')
    })
    const { connections, events } = open(port)
    await until(events, 1)
    connections.send(0, 0)
    await until(events, 3)
    connections.send(0, 0)
    expect(await until(events, 5)).toEqual(['idle 0', 'answer 0 201 api-7', 'idle 0', 'answer 0 201 api-7', 'idle 0'])
    expect(sockets).toHaveLength(1)
    expect(texts[0]).toBe(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: keep-alive\r\n\r\n`)
  })

  it('sends method, headers, body and client address', async () => {
    const texts: string[] = []
    const { port } = await serve((socket, text) => {
      texts.push(text)
      socket.write(OK)
    })
    const post = {
      method: 'POST',
      path: '/a?b=1',
      headers: [['Content-Type', 'application/json']],
      body: Buffer.from('{"ä":1}'),
    } satisfies RequestTemplate
    const { connections, events } = open(port, 1, [post], 2)
    await until(events, 1)
    connections.send(0, 1)
    await until(events, 3)
    expect(texts[0]).toContain('POST /a?b=1 HTTP/1.1\r\n')
    expect(texts[0]).toContain('X-Forwarded-For: 10.0.1.1\r\n')
    expect(texts[0]).toContain('Content-Length: 8\r\n')
    expect(texts[0]?.endsWith('\r\n\r\n{"ä":1}')).toBe(true)
  })

  it.each<[string, string, string]>([
    ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n', 'answer 0 200 unknown'],
    ['empty', 'HTTP/1.1 204 No Content\r\n\r\n', 'answer 0 204 unknown'],
    ['an interim one first', `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}`, 'answer 0 200 unknown'],
    ['an error', 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n', 'answer 0 503 unknown'],
  ])('understands an answer that is %s', async (_name, answer, expected) => {
    const { port } = await serve((socket) => socket.write(answer))
    const { connections, events } = open(port)
    await until(events, 1)
    connections.send(0, 0)
    expect(await until(events, 3)).toEqual(['idle 0', expected, 'idle 0'])
  })

  it('reads an answer that equals one before as it read that one, and nothing else for it', async () => {
    const named = (name: string, more = '') =>
      `HTTP/1.1 200 OK\r\nX-Instance-ID: ${name}\r\nContent-Length: 2\r\n${more}\r\nhi`
    const [one, two] = [named('one'), named('two')]
    const parts: string[][] = [
      [one],
      [one],
      [two],
      [one],
      // Its beginning alone is no answer, whatever it equals.
      [one.slice(0, 40), one.slice(40)],
      [one.slice(0, -1), 'i'],
      [`HTTP/1.1 100 Continue\r\n\r\n${one}`],
      [`HTTP/1.1 100 Continue\r\n\r\n${one}`],
      [named('three', 'Connection: close\r\n')],
      [named('three', 'Connection: close\r\n')],
      // As long as one that is known.
      [one.replace('200 OK', '404 No')],
      [one.replace('200 OK', '404 No')],
      [`${one}surplus`],
      [one],
    ]
    let next = 0
    const { port, sockets } = await serve(async (socket) => {
      for (const part of parts[next++] ?? []) {
        socket.write(part)
        await pause(20)
      }
    })
    const { connections, events } = open(port)
    for (const _ of parts) {
      await until(events, events.lastIndexOf('idle 0') + 1 || 1)
      const before = events.length
      connections.send(0, 0)
      await until(events, before + 2)
    }
    expect(events.filter((event) => event !== 'idle 0')).toEqual(
      ['one', 'one', 'two', 'one', 'one', 'one', 'one', 'one', 'three', 'three', '404', '404', 'one', 'one'].map(
        (name) => (name === '404' ? 'answer 0 404 one' : `answer 0 200 ${name}`),
      ),
    )
    // Anew after either close, and after what nobody had asked for.
    expect(sockets).toHaveLength(4)
  })

  it('reads no answer to HEAD as it read one to GET', async () => {
    const { port } = await serve((socket, _text, before) => void socket.write(before === 1 ? OK.slice(0, -2) : OK))
    const head: RequestTemplate = { ...GET, method: 'HEAD' }
    const { connections, events } = open(port, 1, [GET, head])
    await until(events, 1)
    connections.send(0, 0)
    await until(events, 3)
    connections.send(0, 1)
    await until(events, 5)
    connections.send(0, 0)
    expect(await until(events, 7)).toEqual(['idle 0', ...Array(3).fill(['answer 0 200 unknown', 'idle 0']).flat()])
  })

  it('understands that the answer to HEAD has no body', async () => {
    const { port } = await serve((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n'))
    const { connections, events } = open(port, 1, [{ ...GET, method: 'HEAD' }])
    await until(events, 1)
    connections.send(0, 0)
    expect(await until(events, 3)).toEqual(['idle 0', 'answer 0 200 unknown', 'idle 0'])
  })

  it('understands an answer that ends with the connection, and makes a new one', async () => {
    const { port, sockets } = await serve((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nas long as it takes'))
    const { connections, events } = open(port)
    await until(events, 1)
    connections.send(0, 0)
    expect(await until(events, 3)).toEqual(['idle 0', 'answer 0 200 unknown', 'idle 0'])
    expect(sockets).toHaveLength(2)
  })

  it('is not used again after Connection: close (autocannon ignores it)', async () => {
    const perSocket: number[] = []
    const { port } = await serve((socket, _text, before) => {
      perSocket.push(before)
      socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi')
    })
    const { connections, events } = open(port)
    await until(events, 1)
    for (let i = 0; i < 3; i++) {
      connections.send(0, 0)
      await until(events, 3 + 2 * i)
    }
    expect(perSocket).toEqual([0, 0, 0])
    expect(events.filter((event) => event.startsWith('answer'))).toHaveLength(3)
  })

  it('loses nothing when it is closed while idle', async () => {
    const { port, sockets } = await serve((socket) => socket.write(OK))
    const { connections, events } = open(port)
    await until(events, 1)
    sockets[0]?.end()
    expect(await until(events, 3)).toEqual(['idle 0', 'down 0', 'idle 0'])
    connections.send(0, 0)
    expect((await until(events, 5))[3]).toBe('answer 0 200 unknown')
  })

  it('loses the one request in flight when it is closed', async () => {
    const { port } = await serve((socket, _text) => socket.end())
    const { connections, events } = open(port)
    await until(events, 1)
    connections.send(0, 0)
    expect(await until(events, 3)).toEqual(['idle 0', 'lost 0 closed', 'idle 0'])
  })

  it('loses a request whose answer breaks off', async () => {
    const { port } = await serve((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'))
    const { connections, events } = open(port)
    await until(events, 1)
    connections.send(0, 0)
    expect(await until(events, 3)).toEqual(['idle 0', 'lost 0 closed', 'idle 0'])
  })

  it('loses the one request in flight when it is reset', async () => {
    const { port } = await serve((socket) => socket.resetAndDestroy())
    const { connections, events } = open(port)
    await until(events, 1)
    connections.send(0, 0)
    expect(await until(events, 3)).toEqual(['idle 0', 'lost 0 reset', 'idle 0'])
  })

  it('loses a request that is answered with something else than HTTP', async () => {
    const { port } = await serve((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'))
    const { connections, events } = open(port)
    await until(events, 1)
    connections.send(0, 0)
    expect(await until(events, 3)).toEqual(['idle 0', 'lost 0 malformed', 'idle 0'])
  })

  it('does not lose a request that could not be sent because the connection was already gone', async () => {
    const { port, sockets } = await serve((socket) => socket.write(OK))
    const { connections, events } = open(port)
    await until(events, 1)
    await pause(20)
    sockets[0]?.resetAndDestroy()
    // The reset is in the kernel, but this event loop has not heard of it.
    connections.send(0, 0)
    expect(await until(events, 3)).toEqual(['idle 0', 'unsent 0', 'idle 0'])
  })

  it('takes an answer to nothing for the end of the connection', async () => {
    const { port, sockets } = await serve((socket) => socket.write(OK))
    const { connections, events } = open(port)
    await until(events, 1)
    sockets[0]?.write('HTTP/1.1 408 Request Time-out\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    expect(await until(events, 3)).toEqual(['idle 0', 'down 0', 'idle 0'])
    connections.send(0, 0)
    expect((await until(events, 5))[3]).toBe('answer 0 200 unknown')
  })

  it('is made anew when its request is abandoned, and a late answer reaches nobody', async () => {
    const { port } = await serve((socket, _text, before) => {
      if (before === 0) setTimeout(() => socket.writable && socket.write(OK), 100)
    })
    const { connections, events } = open(port)
    await until(events, 1)
    connections.send(0, 0)
    await pause(20)
    connections.abandon(0)
    await until(events, 2)
    await pause(150)
    expect(events).toEqual(['idle 0', 'idle 0'])
  })

  it('waits ever longer between attempts where it is refused, and comes back when there is somebody', async () => {
    const { port, server } = await serve((socket) => socket.write(OK))
    await new Promise((resolve) => server.close(resolve))
    const { events } = open(port)
    await pause(600)
    const refused = events.length
    expect(new Set(events)).toEqual(new Set(['refused 0 ECONNREFUSED']))
    // 10 ms doubling, each wait shortened by up to half: autocannon made tens of thousands in a second.
    expect(refused).toBeGreaterThanOrEqual(3)
    expect(refused).toBeLessThanOrEqual(8)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    await pause(1_100)
    expect(events.at(-1)).toBe('idle 0')
  })

  it('waits ever longer where it is accepted and closed at once', async () => {
    const { port, sockets } = await serve(
      () => {},
      (socket) => socket.end(),
    )
    open(port)
    await pause(600)
    expect(sockets.length).toBeGreaterThanOrEqual(2)
    expect(sockets.length).toBeLessThanOrEqual(9)
  })

  it('comes back at once after each answer of a server that closes every connection after it', async () => {
    const { port } = await serve((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi'),
    )
    const { connections, events } = open(port)
    await until(events, 1)
    const before = performance.now()
    for (let i = 0; i < 30; i++) {
      connections.send(0, 0)
      await until(events, 3 + 2 * i)
    }
    // With back-off these 30 would take 20 s.
    expect(performance.now() - before).toBeLessThan(5_000)
  })

  it('is one of as many as asked for', async () => {
    const { port, sockets } = await serve((socket) => socket.write(OK))
    const { events } = open(port, 50)
    await until(events, 50)
    expect(new Set(events).size).toBe(50)
    // A client is connected before the server has accepted.
    await expect.poll(() => sockets.length, { timeout: 5_000 }).toBe(50)
  })
})

describe('a connection that asks a database', () => {
  const answers: Answer[] = []
  async function ask(parts: string[], wantsVersion = true): Promise<Answer | undefined> {
    answers.length = 0
    const { port } = await serve((socket) => {
      for (const [i, part] of parts.entries()) setTimeout(() => socket.write(part), 15 * i)
    })
    const events: Events = []
    const connections = connectWithAutocannon({
      origin: `http://127.0.0.1:${port}`,
      connections: 1,
      mix: requestMix([GET], 0),
      connectTimeoutMs: 1_000,
      asksDatabase: true,
      events: {
        onConnected: () => {},
        onIdle: () => events.push('idle'),
        onDown: () => {},
        onAnswer: (_connection, answer) => answers.push({ ...answer }),
        wantsError: () => false,
        onError: () => {},
        onLost: () => {},
        onUnsent: () => {},
        onConnectFailure: () => {},
      },
    })
    cleanups.push(() => connections.close())
    await until(events, 1)
    connections.sendBytes(0, Buffer.from('GET /api/sessions/user-000001 HTTP/1.1\r\nHost: x\r\n\r\n'), wantsVersion)
    await until(events, 2)
    return answers[0]
  }
  const session = '{"user_id":"user-000001","version":12345,"data":{}}'
  const sized = (body: string, headers = ''): string =>
    `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`

  it('reads who answered, how far the log is, and the version', async () => {
    const headers = 'X-Instance-ID: api-2\r\nX-DB-Node: standby-1\r\nX-LSN: 0/1A\r\nX-Write-Outcome: unknown\r\n'
    expect(await ask([sized(session, headers)])).toEqual({
      status: 200,
      instance: 'api-2',
      node: 'standby-1',
      gathered: false,
      lsn: '0/1A',
      outcome: 'unknown',
      version: 12_345,
    })
  })

  it.each<[string, string[], number | null]>([
    ['in pieces, even within the number', [sized(session).slice(0, -20), sized(session).slice(-20)], 12_345],
    [
      'in chunks',
      ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{"version":\r\n', '3\r\n77}\r\n0\r\n\r\n'],
      77,
    ],
    ['without a version', [sized('{}')], null],
    ['without a body', ['HTTP/1.1 204 No Content\r\n\r\n'], null],
    ['after an interim answer', [`HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${sized(session)}`], 12_345],
  ])('understands a body %s', async (_name, parts, version) => {
    expect(await ask(parts)).toMatchObject({ status: parts[0]?.includes('204') ? 204 : 200, node: null, version })
  })

  it('does not look where no version is asked for', async () => {
    expect((await ask([sized(session)], false))?.version).toBeNull()
  })
})

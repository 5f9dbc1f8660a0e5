import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { noAnswerOf, passes } from './outcome.js'
import { Session } from './session.js'
import { REFUSALS, refusingServer } from './testing/refusing-server.js'

let closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing) await close()
  closing = []
})

async function asked(port: number, timeoutMs = 10_000): Promise<ReturnType<typeof noAnswerOf>> {
  const session = new Session({ id: 'x', host: '127.0.0.1', port, user: 'u', password: 'p', database: 'd' }, 'test')
  closing.push(() => session.close())
  return session.query('SELECT 1', [], timeoutMs).then(() => expect.fail('answered'), noAnswerOf)
}

async function listening(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    onConnection(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as { port: number }).port
}

describe('why a server gave no answer', () => {
  it.each(REFUSALS)('it lives and refuses: $code', async (refusal) => {
    const server = await refusingServer(refusal)
    closing.push(server.close)
    expect(await asked(server.port)).toEqual({ kind: 'refused', code: refusal.code, words: refusal.message })
  })

  it('it lives and wants a login that this client does not have', async () => {
    // AuthenticationSASL (10) of another mechanism: https://www.postgresql.org/docs/current/protocol-message-formats.html
    const sasl = Buffer.from('R\0\0\0\x0f\0\0\0\nOTHER\0\0', 'latin1')
    const port = await listening((socket) => socket.once('data', () => socket.write(sasl)))
    expect(await asked(port)).toMatchObject({ kind: 'refused', code: null })
  })

  it('nothing came in time', async () => {
    expect(await asked(await listening(() => {}), 50)).toMatchObject({ kind: 'silent' })
  })

  it('it closed the connection without a word', async () => {
    expect(await asked(await listening((socket) => socket.destroy()))).toMatchObject({ kind: 'closed' })
    expect(await asked(await listening((socket) => socket.once('data', () => socket.end())))).toMatchObject({
      kind: 'closed',
    })
  })

  it('nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    server.close()
    await once(server, 'close')
    expect(await asked(port)).toMatchObject({ kind: 'nobody listens' })
  })

  it.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'EADDRNOTAVAIL'])('this machine could not ask: %s', (code) => {
    expect(noAnswerOf(Object.assign(new Error('connect'), { code }))).toEqual({ kind: 'not asked', words: 'connect' })
  })

  it('a refusal that passes by itself is told from one that stays', () => {
    const passing = REFUSALS.filter(({ code, message }) => passes({ kind: 'refused', code, words: message }))
    expect(passing.map(({ code }) => code)).toEqual(['57P03'])
  })
})

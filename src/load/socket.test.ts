import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { openSocket } from './socket.js'
import { SELF_SIGNED } from './testing/certificate.js'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

async function portOf(server: Server, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host)
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return (server.address() as AddressInfo).port
}

function open(origin: string, insecure = false): Socket {
  const socket = openSocket({ origin, insecure }, () => {})
  cleanups.push(() => socket.destroy())
  return socket
}

const OF_LOCALHOST = await lookup('localhost', { all: true })
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

describe('openSocket', () => {
  it.each(OF_LOCALHOST)('finds localhost at $address', async ({ address: host }) => {
    const port = await portOf(createServer(), host)
    await once(open(`http://localhost:${port}`), 'connect')
  })

  it.skipIf(!hasIpv6)('connects to an IPv6 address', async () => {
    const port = await portOf(createServer(), '::1')
    await once(open(`http://[::1]:${port}`), 'connect')
  })

  it.each([
    ['localhost', 'localhost'],
    ['127.0.0.1', false],
  ])('verifies the certificate of %s, and takes it all the same where that is wished', async (host, name) => {
    const server = createTlsServer(SELF_SIGNED)
    const port = await portOf(server)
    const [error] = (await once(open(`https://${host}:${port}`), 'close').catch((thrown: unknown) => [thrown])) as [
      Error,
    ]
    expect(error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    const accepted = once(server, 'secureConnection') as Promise<[TLSSocket & { servername: string | false }]>
    await once(open(`https://${host}:${port}`, true), 'secureConnect')
    const [socket] = await accepted
    expect(socket.servername).toBe(name)
    expect(socket.alpnProtocol === false || socket.alpnProtocol === 'http/1.1').toBe(true)
    socket.destroy()
  })
})

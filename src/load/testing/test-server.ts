import { createServer, type Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Behaviour } from './load-contract.js'

/** An HTTP server of the given behaviour on a free port of 127.0.0.1. */
export async function startTestServer({ serviceMs, statuses, instances }: Behaviour): Promise<{
  origin: string
  close(): Promise<void>
}> {
  let arrivals = 0
  const server = createServer((request, response) => {
    const k = arrivals++
    request.resume()
    setTimeout(() => {
      response.statusCode = statuses[k % statuses.length] ?? 200
      response.setHeader('X-Instance-ID', instances[k % instances.length] ?? 'api-1')
      response.end('{"ok":true}')
    }, serviceMs)
  })
  return { origin: await listen(server), close: () => closeServer(server) }
}

/** Listens on a free port of 127.0.0.1 and gives the origin. */
export async function listen(server: Server | TlsServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Closes a server and every connection it has. */
export async function closeServer(server: Server | TlsServer): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

import type { Server } from 'node:http'
import { hostInUrl } from '../core/host.js'

/** How long requests in flight may take to finish, in milliseconds. */
const DRAIN_LIMIT = 10_000
const SWEEP_EVERY = 50

/**
 * Ends a server gently: it stops accepting, connections that wait are closed at once and the others as soon as their
 * request is answered; after 10 s all are cut. The server's own answers should say `Connection: close` meanwhile.
 * @returns true when every request was answered
 */
export async function drain(server: Server): Promise<boolean> {
  let complete = true
  const limit = setTimeout(() => {
    complete = false
    server.closeAllConnections()
  }, DRAIN_LIMIT)
  // an answer that had begun before the drain could not say "close": its connection falls idle and is swept
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_EVERY)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  clearTimeout(limit)
  clearInterval(sweep)
  return complete
}

/**
 * Makes a server listen.
 * @param port 0 takes any free one
 * @returns its URL
 * @throws the system's error, as when the port is taken
 */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: 4_096 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  const actual = typeof address === 'object' && address !== null ? address.port : port
  return `http://${hostInUrl(host)}:${actual}`
}

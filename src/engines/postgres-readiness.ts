import { connect } from 'node:net'
import { DATABASE_NAME } from '../core/databases-file.js'

/**
 * Whether a PostgreSQL server lets clients in, on a connection of its own, as pg_isready finds out: a start-up message
 * is answered with a request for authentication, by a server that is still starting with an error
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP). Never rejects.
 * @param user any role that pg_hba.conf asks for a password; no password is sent
 */
export function postgresAnswers(
  host: string,
  port: number,
  user: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const end = (ready: boolean): void => {
      signal.removeEventListener('abort', stop)
      socket.destroy()
      resolve(ready)
    }
    // Not as an option of connect, which leaves its listener behind at every try.
    const stop = (): void => end(false)
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    socket.on('connect', () => socket.write(startupMessage({ user, database: DATABASE_NAME })))
    socket.on('data', (answer) => end(answer[0] === AUTHENTICATION))
    for (const event of ['timeout', 'error', 'end', 'close']) socket.on(event, () => end(false))
  })
}

/** First byte of the server's request for authentication: "R". */
const AUTHENTICATION = 'R'.charCodeAt(0)
const PROTOCOL_3_0 = 196_608

function startupMessage(parameters: Record<string, string>): Buffer {
  const text = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`)
  const body = Buffer.from(`${text.join('')}\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(head.length + body.length, 0)
  head.writeInt32BE(PROTOCOL_3_0, 4)
  return Buffer.concat([head, body])
}

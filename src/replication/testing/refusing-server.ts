import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** What a PostgreSQL server says to those whom it does not let in. */
export interface Refusal {
  code: string
  message: string
}

/** As real servers say it (PostgreSQL 18). */
export const REFUSALS: Refusal[] = [
  { code: '53300', message: 'sorry, too many clients already' },
  { code: '57P03', message: 'the database system is starting up' },
  { code: '28P01', message: 'password authentication failed for user "scalelab"' },
  {
    code: '28000',
    message: 'no pg_hba.conf entry for host "127.0.0.1", user "scalelab", database "ecomarket", no encryption',
  },
  { code: '3D000', message: 'database "ecomarket" does not exist' },
]

/** Refuses every client in these words, as FATAL; a server that lives and says no. */
export async function refusingServer({ code, message }: Refusal): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(errorResponse({ S: 'FATAL', V: 'FATAL', C: code, M: message })))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-ERRORRESPONSE */
function errorResponse(fields: Record<string, string>): Buffer {
  const body = Buffer.from(
    `${Object.entries(fields)
      .map(([type, value]) => `${type}${value}\0`)
      .join('')}\0`,
  )
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

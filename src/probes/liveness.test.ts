import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { Prober } from '../replication/detector.js'
import { Unanswered } from '../replication/session.js'
import { livenessProber } from './liveness.js'

let server: Server | undefined
let prober: Prober | undefined
afterEach(async () => {
  prober?.close()
  server?.closeAllConnections()
  server?.close()
})

/** An instance that answers as it is told; its connections. */
async function instance(answer: (response: ServerResponse) => void): Promise<{ origin: string; sockets: Socket[] }> {
  const sockets: Socket[] = []
  server = createServer((_, response) => answer(response))
  server.on('connection', (socket) => sockets.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { origin: `http://127.0.0.1:${(server.address() as { port: number }).port}`, sockets }
}

describe('a prober of API instances', () => {
  it('asks over one connection, as often as it likes', async () => {
    const warnings: Error[] = []
    const note = (warning: Error): void => void warnings.push(warning)
    process.on('warning', note)
    const { origin, sockets } = await instance((response) => response.end('ok'))
    prober = livenessProber(origin)
    for (let n = 0; n < 40; n++) {
      await prober.ask(5_000)
      await sleep(1)
    }
    await sleep(20)
    process.off('warning', note)
    expect(sockets).toHaveLength(1)
    // One listener for each answer would be a warning by now.
    expect(warnings).toEqual([])
  })

  it('hears of it at once when the connection breaks, once per connection', async () => {
    const { origin, sockets } = await instance((response) => response.end('ok'))
    prober = livenessProber(origin)
    let lost = 0
    prober.onLost(() => {
      lost += 1
    })
    for (let n = 1; n <= 3; n++) {
      await prober.ask(5_000)
      await prober.ask(5_000)
      await sleep(5)
      sockets.at(-1)?.destroy()
      await expect.poll(() => lost, { interval: 2 }).toBe(n)
    }
  })

  it('tells silence from a closed door, and goes on after silence', async () => {
    let silent = true
    const { origin, sockets } = await instance((response) => {
      if (!silent) response.end('ok')
    })
    prober = livenessProber(origin)
    await expect(prober.ask(30)).rejects.toBeInstanceOf(Unanswered)
    await expect(prober.ask(30)).rejects.toBeInstanceOf(Unanswered)
    silent = false
    await prober.ask(5_000)
    expect(sockets).toHaveLength(3)
    server?.closeAllConnections()
    server?.close()
    await expect.poll(() => prober?.ask(1_000).catch((error) => error.code)).toBe('ECONNREFUSED')
  })
})

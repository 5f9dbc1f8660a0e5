import { createRequire } from 'node:module'
import { createServer, type Socket } from 'node:net'
import autocannon from 'autocannon'
import { afterEach, describe, expect, it } from 'vitest'
import type { AutocannonClient } from './autocannon-private.js'

// What autocannon does, where the generator works around it or leans on it. When an upgrade changes one of these, the
// matching part of lane.ts is to be looked at again.

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

async function serve(onConnect: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnect(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

/** Runs autocannon and listens to its response events: their durations in milliseconds. */
async function timed(options: autocannon.Options): Promise<{ result: autocannon.Result; times: number[] }> {
  const times: number[] = []
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const tracker = autocannon(options, (error, done) => (error ? reject(error) : resolve(done)))
    tracker.on('response', (_client, _status, _bytes, ms) => times.push(ms))
  })
  return { result, times }
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'

describe('autocannon', () => {
  it('is the version whose private members are used', () => {
    expect(createRequire(import.meta.url)('autocannon/package.json').version).toBe('9.0.0')
  })

  it('1: with a rate, sends all of a second in its first moments', async () => {
    const arrivals: number[] = []
    const url = await serve((socket) =>
      socket.on('data', () => {
        arrivals.push(performance.now())
        socket.write(OK)
      }),
    )
    await autocannon({ url, connections: 10, overallRate: 100, duration: 2 })
    const first = arrivals[0] ?? 0
    const early = arrivals.filter((at) => (at - first) % 1_000 < 300 || (at - first) % 1_000 > 950).length
    expect(arrivals.length).toBeGreaterThan(150)
    // Evenly it would be 35 %.
    expect(early / arrivals.length).toBeGreaterThan(0.7)
  })

  it('2: with a rate, fills in samples that nobody measured, one per millisecond whatever the rate', async () => {
    const url = await serve((socket) => socket.on('data', () => setTimeout(() => socket.write(OK), 300)))
    const result = await autocannon({ url, connections: 2, overallRate: 4, duration: 2 })
    const { totalCount } = result.latency as unknown as { totalCount: number }
    expect(totalCount).toBeGreaterThan(20 * result.requests.total)
  })

  it('3: keeps whole milliseconds and no p95, but says fractions in its response event', async () => {
    const url = await serve((socket) => socket.on('data', () => socket.write(OK)))
    const { result, times } = await timed({ url, connections: 1, duration: 1 })
    const { latency } = result
    expect(Object.keys(latency)).not.toContain('p95')
    expect([latency.p50, latency.p99].every(Number.isInteger)).toBe(true)
    expect(times.some((ms) => !Number.isInteger(ms))).toBe(true)
  })

  it('4: after a lost request times every later answer against an older one', async () => {
    let requests = 0
    const url = await serve((socket) =>
      socket.on('data', () => {
        if (requests++ === 0) setTimeout(() => socket.end(), 400)
        else setTimeout(() => socket.write(OK), 50)
      }),
    )
    const { times } = await timed({ url, connections: 1, duration: 1 })
    // The one answered next took 50 ms.
    expect(times[0]).toBeGreaterThan(400)
    expect(times[1]).toBeGreaterThan(90)
  })

  it('5: reconnects without a pause, and counts each attempt as an error', async () => {
    const url = await serve(() => {})
    for (const cleanup of cleanups.splice(0)) cleanup()
    const { errors, requests } = await autocannon({ url, connections: 1, duration: 1 })
    expect(requests.total).toBe(0)
    expect(errors).toBeGreaterThan(300)
  })

  it('6: sends on where the server said Connection: close', async () => {
    const perSocket: number[] = []
    const url = await serve((socket) => {
      const index = perSocket.push(0) - 1
      socket.on('data', () => {
        perSocket[index] = (perSocket[index] ?? 0) + 1
        socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi')
      })
    })
    await autocannon({ url, connections: 1, duration: 1 })
    expect(Math.max(...perSocket)).toBeGreaterThan(1)
  })

  it('7: with workers tells the parent of no answer', async () => {
    const url = await serve((socket) => socket.on('data', () => socket.write(OK)))
    const { result, times } = await timed({ url, connections: 1, duration: 1, workers: 1 })
    expect(result.requests.total).toBeGreaterThan(10)
    expect(times).toEqual([])
  })

  it('8: mixes errors into its latencies and leaves time-outs out of them', async () => {
    const errors = await serve((socket) =>
      socket.on('data', () => socket.write('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n')),
    )
    const silence = await serve((socket) => socket.on('data', () => {}))
    const [bad, mute] = await Promise.all([
      autocannon({ url: errors, connections: 1, duration: 1 }),
      autocannon({ url: silence, connections: 1, duration: 3, timeout: 1 }),
    ])
    const count = (result: autocannon.Result): number =>
      (result.latency as unknown as { totalCount: number }).totalCount
    expect(bad.non2xx).toBeGreaterThan(0)
    expect(count(bad)).toBe(bad.requests.total)
    expect(mute.timeouts).toBeGreaterThan(0)
    expect(count(mute)).toBe(0)
  })

  it('9: drops what is in flight at the end, and connections where the rate is lower than their number', async () => {
    let sockets = 0
    const url = await serve((socket) => {
      sockets += 1
      socket.on('data', () => setTimeout(() => socket.write(OK), 700))
    })
    const dropped = await autocannon({ url, connections: 5, duration: 1 })
    expect(dropped.requests.sent).toBeGreaterThan(dropped.requests.total)
    sockets = 0
    await autocannon({ url, connections: 10, overallRate: 3, duration: 1 })
    expect(sockets).toBe(3)
  })

  it('10: calls setupClient before the first connect, with what a connection of our own needs', async () => {
    const url = await serve((socket) => socket.on('data', () => socket.write(OK)))
    const before: unknown[] = []
    let connects = 0
    await autocannon({
      url,
      connections: 1,
      amount: 1,
      setupClient(client) {
        const known = client as unknown as AutocannonClient
        before.push(known.conn, known.timeout, typeof known.destroy)
        const connect = known._connect
        known._connect = () => {
          connects += 1
          connect.call(known)
        }
      },
    })
    expect(before).toEqual([undefined, 10_000, 'function'])
    expect(connects).toBe(1)
  })
})

// The system under load of the benchmarks, a program of its own controlled over its IPC channel: one listener that
// serves at a fixed capacity, counts arrivals, and can freeze and fail.
import { createServer, type Socket } from 'node:net'
import type { ServerAnswer, ServerCommand } from './server-process.js'

/** Every answer takes this long, and this much later at the earliest than the one before: 20,000 requests/s. */
const LATENCY_MS = 1
const SPACING_MS = 0.05
const BUCKET_MS = 10
/** Before an outage it swallows requests for this long, so that none is on its way when the connections are reset. */
const SWALLOW_MS = 150

const ANSWER = Buffer.from(
  'HTTP/1.1 200 OK\r\nX-Instance-ID: server-1\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}',
)

const sockets = new Set<Socket>()
let plain = false
let swallowing = false
let nextFree = 0
let since = performance.now()
let arrivals = 0
let answers = 0
let buckets: number[] = []

const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => {})
  // One request in flight per connection and none with a body: a chunk is a request.
  socket.on('data', () => arrived(socket))
})

function arrived(socket: Socket): void {
  arrivals += 1
  if (plain) {
    answers += 1
    socket.write(ANSWER)
    return
  }
  const now = performance.now()
  const bucket = Math.floor((now - since) / BUCKET_MS)
  buckets[bucket] = (buckets[bucket] ?? 0) + 1
  nextFree = Math.max(now, nextFree) + SPACING_MS
  setTimeout(
    () => {
      if (swallowing || socket.destroyed) return
      answers += 1
      socket.write(ANSWER)
    },
    nextFree - now + LATENCY_MS,
  )
}

function freeze(everyMs: number, forMs: number): void {
  const cell = new Int32Array(new SharedArrayBuffer(4))
  setInterval(() => Atomics.wait(cell, 0, 0, forMs), everyMs)
}

function outage(forMs: number): void {
  const { port } = server.address() as { port: number }
  swallowing = true
  setTimeout(() => {
    server.close()
    for (const socket of sockets) socket.resetAndDestroy()
    swallowing = false
    setTimeout(() => server.listen(port, '127.0.0.1'), forMs)
  }, SWALLOW_MS)
}

process.on('disconnect', () => process.exit())
process.on('message', (command: ServerCommand) => {
  if (command.type === 'plain') plain = true
  else if (command.type === 'freeze') freeze(command.everyMs, command.forMs)
  else if (command.type === 'outage') outage(command.forMs)
  else if (command.type === 'count-from-now') {
    since = performance.now()
    arrivals = 0
    answers = 0
    buckets = []
  } else {
    const largestBucket = buckets.reduce((largest, count) => Math.max(largest, count), 0)
    process.send?.({ type: 'counts', arrivals, answers, largestBucket } satisfies ServerAnswer)
  }
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number }
  process.send?.({ type: 'listening', origin: `http://127.0.0.1:${port}` } satisfies ServerAnswer)
})

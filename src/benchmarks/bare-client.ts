// node dist/benchmarks/bare-client.js <port> <rps> <connections>: the least that a load at a rate can cost in Node. It writes a
// constant, counts what is read as an answer, frames nothing and keeps no books. Prints percentiles and processor time as JSON.
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

/** As long as wrk2 takes to calibrate itself. */
const WARM_UP_MS = 10_000
const COUNTED_MS = 6_000
const [port = 0, rps = 0, connections = 0] = process.argv.slice(2).map(Number)
const request = Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
const buffer = Buffer.alloc(65_536)
const times: number[] = []
const idle: Socket[] = []
/** Number of the request in flight. */
const numbers = new Map<Socket, number>()
let sent = 0
let origin = 0
let counting = false

const dueBy = (now: number): number => ((now - origin) * rps) / 1_000
function send(socket: Socket): void {
  numbers.set(socket, sent++)
  socket.write(request)
}
function answered(socket: Socket): void {
  const now = performance.now()
  if (counting) times.push(now - origin - ((numbers.get(socket) ?? 0) * 1_000) / rps)
  if (sent < dueBy(now)) send(socket)
  else idle.push(socket)
}
function wake(): void {
  for (const due = dueBy(performance.now()); sent < due; ) {
    const socket = idle.shift()
    if (socket === undefined) break
    send(socket)
  }
  setTimeout(wake, 1)
}

for (let i = 0; i < connections; i++) {
  await new Promise<void>((resolve) => {
    const onread = {
      buffer,
      callback(): boolean {
        answered(socket)
        return true
      },
    }
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true, onread }, resolve)
    idle.push(socket)
  })
}
origin = performance.now()
wake()
setTimeout(() => {
  counting = true
  const before = process.cpuUsage()
  setTimeout(() => {
    const { user, system } = process.cpuUsage(before)
    times.sort((a, b) => a - b)
    const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN
    const measured = { p50: at(0.5), p90: at(0.9), p99: at(0.99), cpuUs: (user + system) / times.length }
    process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit())
  }, COUNTED_MS)
}, WARM_UP_MS)

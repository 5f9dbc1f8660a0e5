import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Answer, problem, send } from './answer.js'
import type { HealthMonitor } from './health.js'
import type { Performer, Timing } from './performer.js'
import type { Products } from './products.js'
import { type Resource, shopResource } from './shop.js'

/** Bytes of a request's body. */
const BODY_LIMIT = 64 * 1_024

export type Phase = 'starting' | 'serving' | 'draining'

export interface ApiOptions {
  instanceId: string
  products: Products
  /** Undefined: requests cost nothing beyond themselves. */
  performer: Performer | undefined
  health: HealthMonitor
  phase: () => Phase
}

/**
 * The EcoMarket sample API as an HTTP server, not yet listening. `/health`, `/ready` and `/live` are answered at once;
 * everything below `/api/` does the configured work first, in its turn.
 */
export function apiServer(options: ApiOptions): Server {
  const { instanceId, performer, health, phase } = options
  const serving = ['X-Instance-ID', instanceId]
  const draining = [...serving, 'Connection', 'close']
  const startedAt = performance.now()
  let inFlight = 0

  const reply = (response: ServerResponse, answer: Answer): void =>
    send(response, answer, phase() === 'draining' ? draining : serving)

  const server = createServer((request, response) => {
    const url = request.url ?? '/'
    const mark = url.indexOf('?')
    const path = mark === -1 ? url : url.slice(0, mark)
    const probe = probes[path]
    const resource: Resource | undefined =
      probe === undefined
        ? shopResource(options.products, path, mark === -1 ? '' : url.slice(mark + 1))
        : { get: probe }
    if (resource === undefined) {
      reply(response, problem(404, `no resource ${path}`))
    } else if (request.method === 'GET' || request.method === 'HEAD') {
      if (probe === undefined) work(response, () => resource.get())
      else reply(response, probe())
    } else if (request.method === 'POST' && resource.post !== undefined) {
      const { post } = resource
      readBody(request, (body) => {
        if (body === undefined) reply(response, problem(413, `the body is larger than ${BODY_LIMIT} bytes`))
        else work(response, () => post(body))
      })
    } else {
      reply(response, methodNotAllowed(resource))
    }
  })

  // long, so that a balancer's pool (60 s in nginx) lets go of a connection first, never this side
  server.keepAliveTimeout = 75_000
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy()
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
    socket.end(`HTTP/1.1 ${status}\r\nX-Instance-ID: ${instanceId}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  })

  function work(response: ServerResponse, answer: () => Answer): void {
    if (performer === undefined) {
      reply(response, answer())
      return
    }
    inFlight++
    const admitted = performer.perform((timing) => {
      inFlight--
      const { headers = [], ...rest } = answer()
      reply(response, { ...rest, headers: [...headers, 'Server-Timing', serverTiming(timing)] })
    })
    if (admitted) return
    inFlight--
    health.refused()
    reply(response, problem(503, 'the queue is full', ['Retry-After', '1']))
  }

  const probes: Partial<Record<string, () => Answer>> = {
    '/health': () => {
      const overload = health.overload()
      const status = phase() === 'draining' ? 'draining' : overload === undefined ? 'healthy' : 'overloaded'
      const body = {
        status,
        instance_id: instanceId,
        timestamp: new Date().toISOString(),
        uptime: Math.round(performance.now() - startedAt) / 1_000,
        ...health.vitals(),
        queue_length: performer?.queueLength() ?? 0,
        in_flight: inFlight,
        ...(overload === undefined ? {} : { message: overload }),
      }
      return { status: status === 'healthy' ? 200 : 503, json: JSON.stringify(body) }
    },
    '/ready': () => {
      const ready = phase() === 'serving'
      return { status: ready ? 200 : 503, json: JSON.stringify({ status: ready ? 'ready' : phase() }) }
    },
    '/live': () => ({ status: 200, json: '{"status":"alive"}' }),
  }
  return server
}

function serverTiming({ queueMs, serviceMs }: Timing): string {
  return `queue;dur=${queueMs.toFixed(3)}, service;dur=${serviceMs.toFixed(3)}`
}

function methodNotAllowed(resource: Resource): Answer {
  const allowed = resource.post === undefined ? 'GET, HEAD' : 'GET, HEAD, POST'
  return problem(405, `this resource knows ${allowed}`, ['Allow', allowed])
}

/** Collects a body as text; undefined when it is too large. Not called when the client goes away. */
function readBody(request: IncomingMessage, done: (body: string | undefined) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= BODY_LIMIT) chunks.push(chunk)
  })
  request.on('end', () => done(size > BODY_LIMIT ? undefined : Buffer.concat(chunks).toString()))
}

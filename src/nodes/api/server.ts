import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { LOOK_PATH } from '../../core/databases-file.js'
import { type ApiAnswer, problem, send } from './answer.js'
import type { HealthMonitor } from './health.js'
import type { Performer, Timing } from './performer.js'
import type { Resource } from './shop.js'

/** Bytes of a request's body. */
const BODY_LIMIT = 64 * 1_024

export type ServerPhase = 'starting' | 'serving' | 'draining'

/** The databases behind an instance, as `/health` and `/ready` tell of them. */
export interface Databases {
  /** Fields of `/health`. */
  view(): Record<string, unknown>
  /** Why requests cannot be served yet, or undefined: they can. */
  unready(query: string): Promise<string | undefined>
  /** Finds out who the primary is, now. */
  look?(): void
}

export interface ApiOptions {
  instanceId: string
  /** The resource at a path below `/api/`, or undefined: there is none. */
  shop: (path: string, query: string, headers: IncomingHttpHeaders) => Resource | undefined
  databases?: Databases
  /** Undefined: requests cost nothing beyond themselves. */
  performer: Performer | undefined
  health: HealthMonitor
  phase: () => ServerPhase
}

/**
 * The EcoMarket sample API as an HTTP server, not yet listening. `/health`, `/ready` and `/live` are answered at once;
 * everything below `/api/` does the configured work first, in its turn.
 */
export function apiServer(options: ApiOptions): Server {
  const { instanceId, performer, health, phase, databases } = options
  const serving = ['X-Instance-ID', instanceId]
  const draining = [...serving, 'Connection', 'close']
  const startedAt = performance.now()
  let inFlight = 0

  const reply = (response: ServerResponse, answer: ApiAnswer): void =>
    send(response, answer, phase() === 'draining' ? draining : serving)

  const server = createServer((request, response) => {
    const url = request.url ?? '/'
    const mark = url.indexOf('?')
    const path = mark === -1 ? url : url.slice(0, mark)
    const query = mark === -1 ? '' : url.slice(mark + 1)
    const probe = probes[path]
    const resource: Resource | undefined =
      probe === undefined ? options.shop(path, query, request.headers) : { get: () => probe(query) }
    const change = request.method === 'POST' ? resource?.post : request.method === 'PUT' ? resource?.put : undefined
    if (path === LOOK_PATH && request.method === 'POST' && databases?.look !== undefined) {
      databases.look()
      reply(response, { status: 202, json: '{}' })
    } else if (resource === undefined) {
      reply(response, problem(404, `no resource ${path}`))
    } else if (request.method === 'GET' || request.method === 'HEAD') {
      if (probe === undefined) work(response, resource.get)
      else settle(response, resource.get)
    } else if (change !== undefined) {
      readBody(request, (body) => {
        if (body === undefined) reply(response, problem(413, `the body is larger than ${BODY_LIMIT} bytes`))
        else work(response, () => change(body))
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

  function work(response: ServerResponse, answer: () => ApiAnswer | Promise<ApiAnswer>): void {
    inFlight++
    if (performer === undefined) {
      settle(response, answer, () => inFlight--)
      return
    }
    const admitted = performer.perform((timing) =>
      settle(response, answer, () => inFlight--, ['Server-Timing', serverTiming(timing)]),
    )
    if (admitted) return
    inFlight--
    health.refused()
    reply(response, problem(503, 'the queue is full', ['Retry-After', '1']))
  }

  /** Sends an answer, now or when it is there. */
  function settle(
    response: ServerResponse,
    answer: () => ApiAnswer | Promise<ApiAnswer>,
    done: () => void = () => {},
    headers: readonly string[] = [],
  ): void {
    const finish = (ready: ApiAnswer) => {
      done()
      reply(response, headers.length === 0 ? ready : { ...ready, headers: [...(ready.headers ?? []), ...headers] })
    }
    const coming = answer()
    if (!(coming instanceof Promise)) {
      finish(coming)
      return
    }
    coming.then(finish, (error: unknown) => {
      console.error(error)
      finish(problem(500, 'this instance made a mistake; its log says which'))
    })
  }

  const probes: Partial<Record<string, (query: string) => ApiAnswer | Promise<ApiAnswer>>> = {
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
        ...databases?.view(),
        ...(overload === undefined ? {} : { message: overload }),
      }
      return { status: status === 'healthy' ? 200 : 503, json: JSON.stringify(body) }
    },
    '/ready': (query) => {
      if (phase() !== 'serving') return readiness(phase())
      return databases === undefined ? readiness() : databases.unready(query).then(readiness)
    },
    '/live': () => ({ status: 200, json: '{"status":"alive"}' }),
  }
  return server
}

function readiness(unready?: string): ApiAnswer {
  return { status: unready === undefined ? 200 : 503, json: JSON.stringify({ status: unready ?? 'ready' }) }
}

function serverTiming({ queueMs, serviceMs }: Timing): string {
  return `queue;dur=${queueMs.toFixed(3)}, service;dur=${serviceMs.toFixed(3)}`
}

function methodNotAllowed(resource: Resource): ApiAnswer {
  const changes = [resource.post && ', POST', resource.put && ', PUT'].filter(Boolean)
  const allowed = `GET, HEAD${changes.join('')}`
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

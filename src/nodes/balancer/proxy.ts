import { type ClientRequest, type IncomingMessage, type ServerResponse, request as sendRequest } from 'node:http'
import { type Client, clientOf, endToEnd, forwardedForOf, requestHeaders } from './headers.js'
import type { Upstream } from './upstream.js'
import type { UpstreamGroup } from './upstream-group.js'

/** Methods that do no harm when they are done twice (RFC 9110, 9.2.2): only these are tried on another server. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

export interface ProxyOptions {
  group: UpstreamGroup
  draining: () => boolean
  log: (line: string) => void
}

/** Passes a request on to a server and the answer back. */
export function proxy(options: ProxyOptions, request: IncomingMessage, response: ServerResponse): void {
  new Exchange(options, request, response).attempt()
}

/**
 * One request on its way: tries servers until one answers, each at most once. A request is sent again only if its
 * method is idempotent and nothing of its body is gone; any other fails with 502, even where the connection was
 * refused, so that no order is ever placed twice.
 */
class Exchange {
  readonly #options: ProxyOptions
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #client: Client
  readonly #headers: string[]
  readonly #hasBody: boolean
  readonly #tried: Upstream[] = []
  #outgoing: ClientRequest | undefined
  #bodyBegun = false
  #timedOut = false
  /** The client went away. */
  #gone = false

  constructor(options: ProxyOptions, request: IncomingMessage, response: ServerResponse) {
    this.#options = options
    this.#request = request
    this.#response = response
    const { headers, rawHeaders } = request
    const forwardedFor = forwardedForOf(rawHeaders)
    this.#client = clientOf(request.socket.remoteAddress, forwardedFor)
    const chunked = headers['transfer-encoding'] !== undefined
    this.#hasBody = chunked || (headers['content-length'] !== undefined && headers['content-length'] !== '0')
    this.#headers = requestHeaders(rawHeaders, headers.connection, this.#client, forwardedFor, chunked)
    response.on('close', () => {
      if (response.writableFinished) return
      this.#gone = true
      this.#outgoing?.destroy()
    })
  }

  /** Sends the request to the next server in question, or gives up. */
  attempt(): void {
    const upstream = this.#options.group.pick(this.#tried, this.#client.address, performance.now())
    if (upstream === undefined) {
      this.#giveUp()
      return
    }
    this.#tried.push(upstream)
    this.#send(upstream, false)
  }

  /** @param fresh over a new connection instead of one of the pool */
  #send(upstream: Upstream, fresh: boolean): void {
    const { method = 'GET', url = '/' } = this.#request
    const outgoing = sendRequest({
      agent: fresh ? upstream.freshAgent() : upstream.agent,
      host: upstream.host,
      port: upstream.port,
      method,
      path: originForm(url),
      headers: this.#headers,
      timeout: upstream.readTimeoutMs,
    })
    this.#outgoing = outgoing
    this.#timedOut = false
    let answered = false
    upstream.inFlight++
    outgoing.on('close', () => {
      upstream.inFlight--
      if (this.#hasBody && this.#outgoing === outgoing) this.#dropBody(outgoing)
    })
    outgoing.on('timeout', () => {
      this.#timedOut = true
      outgoing.destroy(new Error(`no answer within ${upstream.readTimeoutMs} ms`))
    })
    outgoing.on('response', (answer) => {
      answered = true
      if (upstream.health.succeeded()) this.#options.log(`${upstream.id} (${upstream.address}) answers again`)
      this.#passBack(upstream, answer)
      // An answer that ends before the body was sent: Node would not finish the sending, so the connection is given up.
      if (this.#hasBody) answer.on('end', () => outgoing.writableFinished || outgoing.destroy())
    })
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      // after the head of the answer the answer's own stream tells of the end
      if (!answered && !this.#gone) this.#failed(upstream, outgoing, error)
    })
    if (this.#hasBody) this.#sendBody(outgoing)
    else outgoing.end()
  }

  /** Streams the body, but not before there is a connection: until then another server can still be tried. */
  #sendBody(outgoing: ClientRequest): void {
    const begin = () => {
      this.#bodyBegun = true
      this.#request.pipe(outgoing)
    }
    outgoing.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', begin)
      else begin()
    })
  }

  #passBack(upstream: Upstream, answer: IncomingMessage): void {
    const headers = endToEnd(answer.rawHeaders, answer.headers.connection)
    headers.push('X-Upstream', upstream.address)
    if (this.#options.draining()) headers.push('Connection', 'close')
    this.#response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers)
    answer.on('error', () => this.#response.destroy()) // cut off in the middle: the client must not take it for whole
    answer.pipe(this.#response)
  }

  #failed(upstream: Upstream, outgoing: ClientRequest, error: NodeJS.ErrnoException): void {
    const repeatable = IDEMPOTENT.has(this.#request.method ?? '') && !this.#bodyBegun
    // The server had closed the idle connection when the request came: that says nothing about its health.
    const stale = outgoing.reusedSocket && !this.#timedOut && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
    if (stale && repeatable) {
      this.#send(upstream, true)
      return
    }
    if (!stale && upstream.health.failed(performance.now())) {
      const rest = `rests for ${upstream.health.failTimeoutMs} ms`
      this.#options.log(`${upstream.id} (${upstream.address}) ${rest}: ${error.message}`)
    }
    if (repeatable) this.attempt()
    else this.#giveUp()
  }

  /** Nobody answered: 504 when time ran out with the last server, else 502. */
  #giveUp(): void {
    const [status, text] = this.#timedOut ? [504, 'no server answered in time'] : [502, 'no server answered']
    const body = `${JSON.stringify({ error: text })}\n`
    this.#response.writeHead(status, [
      ...['Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(body.length)],
      ...(this.#options.draining() ? ['Connection', 'close'] : []),
    ])
    this.#response.end(body)
    if (this.#hasBody) this.#request.resume()
  }

  /** What is left of a body that the server did not want: read and forgotten, so that the connection can go on. */
  #dropBody(outgoing: ClientRequest): void {
    if (this.#request.readableEnded) return
    this.#request.unpipe(outgoing)
    this.#request.resume()
  }
}

/** The path and query of a request target, which may also be a whole URL (RFC 9112, 3.2). */
function originForm(target: string): string {
  if (target.startsWith('/') || target === '*') return target
  try {
    const { pathname, search } = new URL(target)
    return pathname + search
  } catch {
    return '/'
  }
}

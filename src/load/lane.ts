import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { noAnswer, readDatabaseHeaders, versionIn } from './answer.js'
import { type Client, NoQueue, type ResponseHead } from './autocannon-private.js'
import type { ConnectionEvents, LossCause } from './connections.js'
import { openSocket } from './socket.js'

/** Waits between attempts to connect: doubling between these, in milliseconds, each shortened by up to half at random. */
const BACK_OFF_MS = { first: 10, longest: 1_000 }
/** A connection that lived this long was a good one, whether it carried an answer or not. */
const GOOD_LIFE_MS = 1_000
/** Up to this size a request goes out whole or not at all (the kernel's send buffer is larger). */
const WHOLE_WRITE_BYTES = 16_384
/** autocannon's own time-out, out of the way: the largest a timer takes. */
const NEVER_MS = 2 ** 31 - 1
/** No more of a body is kept while a version is looked for, in characters. */
const LONGEST_BODY = 16_384

/** What is looked at of a socket's error. */
interface Gone {
  code?: string | undefined
  syscall?: string | undefined
}

export interface LaneOptions {
  /** "http://127.0.0.1:8080" or https. */
  origin: string
  /** Of https: certificates are not verified. */
  insecure?: boolean | undefined
  /** How long one attempt to connect may take, in milliseconds. */
  connectTimeoutMs: number
  events: ConnectionEvents
  /** Answers are read for what the database says in them. */
  asksDatabase: boolean
}

/** One connection: an autocannon client with its connecting, its pace and its queue replaced. */
export class Lane {
  private state: 'connecting' | 'idle' | 'busy' | 'waiting' | 'closed' = 'connecting'
  /** Of the request under way; status 0 until its head has come. */
  private readonly answer = noAnswer()
  private wantsVersion = false
  private body = ''
  /** The answer is an interim one (1xx): the real one follows. */
  private interim = false
  /** The connection must not carry another request. */
  private spent = false
  private isHead = false
  private requestBytes = 0
  private connectedAt = 0
  /** An answer came since it connected. */
  private useful = false
  private failures = 0
  private retry: NodeJS.Timeout | undefined

  constructor(
    readonly client: Client,
    private readonly number: number,
    private readonly options: LaneOptions,
  ) {
    let prepared = false
    client._connect = () => {
      // autocannon sets the parser's callbacks after setupClient and before the first connect.
      if (!prepared) this.teachHead()
      prepared = true
      this.connect()
    }
    client._doRequest = () => this.ready()
    client.timeout = NEVER_MS
    client.pipelinedRequests = new NoQueue()
    client.on('headers', (head) => this.onHead(head))
    client.on('response', () => this.onResponse())
    if (options.asksDatabase) client.on('body', (part) => this.onBody(part))
  }

  send(bytes: Buffer, isHead: boolean, wantsVersion = false): void {
    this.state = 'busy'
    this.answer.status = 0
    this.isHead = isHead
    this.wantsVersion = wantsVersion
    this.requestBytes = bytes.length
    this.client.conn.write(bytes)
  }

  /** Drops the connection with its request; the caller has already counted the request. */
  abandon(): void {
    this.drop()
    this.reconnect()
  }

  close(): void {
    this.state = 'closed'
    clearTimeout(this.retry)
    this.client.destroy()
  }

  /** The parser cannot know that the answer to a HEAD request has no body: it has to be told. */
  private teachHead(): void {
    const { parser } = this.client
    const onHeadersComplete = parser.constructor.kOnHeadersComplete ?? 2
    const inner = parser[onHeadersComplete]
    parser[onHeadersComplete] = (...args) => {
      inner?.(...args)
      return this.isHead
    }
  }

  private connect(): void {
    const { client } = this
    this.state = 'connecting'
    this.spent = false
    this.interim = false
    this.useful = false
    client.parser.reinitialize(client.parser.constructor.RESPONSE ?? 'RESPONSE')
    const socket = openSocket(this.options.origin, this.options.insecure)
    client.conn = socket
    socket.setNoDelay(true)
    socket.setTimeout(this.options.connectTimeoutMs, () => this.onGone(socket, { code: 'ETIMEDOUT' }))
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      if (socket !== client.conn || this.state !== 'connecting') return
      socket.setTimeout(0)
      this.connectedAt = performance.now()
      this.becomeIdle()
    })
    socket.on('data', (chunk: Buffer) => this.onData(socket, chunk))
    socket.on('end', () => this.onGone(socket, null))
    socket.on('error', (error: Gone) => this.onGone(socket, error))
    socket.on('close', () => this.onGone(socket, null))
  }

  private becomeIdle(): void {
    this.state = 'idle'
    this.options.events.onIdle(this.number)
  }

  /** autocannon asks for the next request: after connecting (too early) and after every answer. */
  private ready(): void {
    if (this.state === 'busy' && this.answer.status !== 0 && !this.interim && !this.spent) this.becomeIdle()
  }

  private onHead(head: ResponseHead): void {
    this.interim = head.statusCode < 200 && head.statusCode !== 101
    if (this.interim) return
    this.answer.status = head.statusCode
    this.answer.instance = instanceOf(head.headers)
    if (this.options.asksDatabase) {
      readDatabaseHeaders(head.headers, this.answer)
      this.body = ''
    }
    if (!head.shouldKeepAlive || head.upgrade) this.spent = true
  }

  private onBody(part: Buffer): void {
    if (this.wantsVersion && this.body.length < LONGEST_BODY) this.body += part.toString('latin1')
  }

  private onResponse(): void {
    if (this.interim) return
    // An answer to nothing, such as the 408 that some servers send to an idle connection before they close it.
    if (this.state !== 'busy') {
      this.spent = true
      return
    }
    this.useful = true
    if (this.options.asksDatabase) this.answer.version = this.wantsVersion ? versionIn(this.body) : null
    this.options.events.onAnswer(this.number, this.answer)
    if (this.spent) this.state = 'waiting'
  }

  private onData(socket: Socket, chunk: Buffer): void {
    if (socket !== this.client.conn || this.state === 'closed') return
    const result = this.client.parser.execute(chunk)
    if (result instanceof Error) this.lose(socket, 'malformed')
    // `spent` with a request in flight: its head asks for the end of the connection, its body is still to come.
    else if (this.spent && this.state !== 'busy') this.replace(socket)
  }

  /** The connection ended (no error), failed, or could not be made. */
  private onGone(socket: Socket, error: Gone | null): void {
    if (socket !== this.client.conn || this.state === 'closed') return
    if (this.state === 'connecting') {
      this.drop()
      this.options.events.onConnectFailure(this.number, error?.code ?? 'ECONNRESET')
      this.reconnect()
    } else if (this.state === 'busy') {
      // A body without a length ends with the connection.
      if (error === null && this.client.parser.state === 'BODY_RAW') {
        this.client.parser.finish()
        this.replace(socket)
      } else if (error?.syscall === 'write' && this.requestBytes <= WHOLE_WRITE_BYTES) {
        this.drop()
        this.options.events.onUnsent(this.number)
        this.reconnect()
      } else {
        this.lose(socket, error === null ? 'closed' : 'reset')
      }
    } else {
      this.replace(socket)
    }
  }

  private lose(socket: Socket, cause: LossCause): void {
    if (this.state === 'busy') {
      this.drop()
      this.options.events.onLost(this.number, cause)
      this.reconnect()
    } else {
      this.replace(socket)
    }
  }

  /** Makes the connection anew; no request is in flight. */
  private replace(socket: Socket): void {
    if (socket !== this.client.conn) return
    const wasIdle = this.state === 'idle'
    this.drop()
    if (wasIdle) this.options.events.onDown(this.number)
    this.reconnect()
  }

  private drop(): void {
    const socket = this.client.conn
    for (const event of ['data', 'end', 'error', 'close', 'timeout']) socket.removeAllListeners(event)
    socket.on('error', () => {})
    socket.destroy()
    // After an answer or a good while an end is no reason to wait with the next attempt.
    const good = this.state !== 'connecting' && (this.useful || performance.now() - this.connectedAt >= GOOD_LIFE_MS)
    this.failures = good ? 0 : this.failures + 1
    this.state = 'waiting'
  }

  private reconnect(): void {
    const { first, longest } = BACK_OFF_MS
    const wait =
      this.failures === 0 ? 0 : Math.min(longest, first * 2 ** (this.failures - 1)) * (0.5 + Math.random() / 2)
    this.retry = setTimeout(() => {
      if (this.state === 'waiting') this.client._connect()
    }, wait)
  }
}

/** Who answered: X-Instance-ID, else the last of X-Upstream (behind several tries the last one answered), else "unknown". */
export function instanceOf(headers: readonly string[]): string {
  let upstream: string | undefined
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? ''
    // Comparing lengths first spares most headers the lower-casing.
    if (name.length === 13 && name.toLowerCase() === 'x-instance-id') return headers[i + 1] || 'unknown'
    if (name.length === 10 && name.toLowerCase() === 'x-upstream') upstream = headers[i + 1]
  }
  return upstream?.split(',').at(-1)?.trim() || 'unknown'
}

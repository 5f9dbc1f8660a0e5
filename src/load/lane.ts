import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type Answer, AnswerReader } from './answer.js'
import type { AutocannonClient } from './autocannon-private.js'
import type { ConnectionEvents, LossCause } from './connections.js'
import type { KnownAnswers } from './known-answers.js'
import { framesPlainly, type RequestFraming, ResponseParser } from './response-parser.js'
import { openSocket, type Peer } from './socket.js'

/** Waits between attempts to connect: doubling between these, in milliseconds, each shortened by up to half at random. */
const BACK_OFF_MS = { first: 10, longest: 1_000 }
/** A connection that lived this long was a good one, whether it carried an answer or not. */
const GOOD_LIFE_MS = 1_000
/** Up to this size a request goes out whole or not at all (the kernel's send buffer is larger). */
const WHOLE_WRITE_BYTES = 16_384
/** autocannon's own time-out, out of the way: the largest a timer takes. */
const NEVER_MS = 2 ** 31 - 1

/** What is looked at of a socket's error. */
interface Gone {
  code?: string | undefined
  syscall?: string | undefined
}

export interface LaneOptions extends Peer {
  /** How long one attempt to connect may take, in milliseconds. */
  connectTimeoutMs: number
  events: ConnectionEvents
  /** Answers are read for what the database says in them. */
  asksDatabase: boolean
  /** Shared by the connections of a target. */
  known: KnownAnswers
}

/** One connection: an autocannon client with its connecting, its pace, its parser and its queue replaced. */
export class Lane {
  private state: 'connecting' | 'idle' | 'busy' | 'waiting' | 'closed' = 'connecting'
  private readonly reader: AnswerReader
  private readonly parser: ResponseParser
  private asked: RequestFraming = { method: 'GET', upgrade: false }
  /** No byte of the answer has been read. */
  private fresh = true
  private requestBytes = 0
  private connectedAt = 0
  /** An answer came since it connected. */
  private useful = false
  private failures = 0
  private retry: NodeJS.Timeout | undefined

  constructor(
    readonly client: AutocannonClient,
    private readonly number: number,
    private readonly options: LaneOptions,
  ) {
    this.reader = new AnswerReader(options.asksDatabase, (status) => options.events.wantsError(status))
    this.parser = new ResponseParser(this.reader.headers, this.reader)
    client._connect = () => this.connect()
    client.timeout = NEVER_MS
  }

  send(bytes: Buffer, asked: RequestFraming, wantsVersion = false): void {
    this.state = 'busy'
    this.reader.wantsVersion = wantsVersion
    this.asked = asked
    this.fresh = true
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
    this.parser.free()
  }

  private connect(): void {
    const { client } = this
    this.state = 'connecting'
    this.useful = false
    const socket = openSocket(this.options, (buffer, size) => this.onData(socket, buffer, size))
    client.conn = socket
    socket.setTimeout(this.options.connectTimeoutMs, () => this.onGone(socket, { code: 'ETIMEDOUT' }))
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      if (socket !== client.conn || this.state !== 'connecting') return
      socket.setTimeout(0)
      this.connectedAt = performance.now()
      this.options.events.onConnected(this.number)
      this.becomeIdle()
    })
    socket.on('end', () => this.onGone(socket, null))
    socket.on('error', (error: Gone) => this.onGone(socket, error))
    socket.on('close', () => this.onGone(socket, null))
  }

  private becomeIdle(): void {
    this.state = 'idle'
    this.options.events.onIdle(this.number)
  }

  private onData(socket: Socket, buffer: Uint8Array, size: number): void {
    if (socket !== this.client.conn) return
    // An answer to nothing, such as the 408 that some servers send to an idle connection before they close it.
    if (this.state === 'idle') this.replace(socket)
    if (this.state !== 'busy') return
    const whole = this.fresh && framesPlainly(this.asked) && !this.reader.wantsVersion
    const known = whole ? this.options.known.find(buffer, size) : undefined
    if (known !== undefined) {
      this.answered(socket, known.answer, known.keepAlive)
      return
    }
    if (this.fresh) this.parser.expect(this.asked)
    this.fresh = false
    const outcome = this.parser.feed(buffer, size)
    if (outcome === 'complete' || outcome === 'surplus') {
      const again = outcome === 'complete' && this.parser.keepAlive
      const answer = this.read()
      // What an error says may be wanted of the next one.
      if (whole && outcome === 'complete' && answer.status < 400) this.options.known.keep(buffer, size, answer, again)
      this.answered(socket, answer, again)
    } else if (outcome !== 'more') this.lose(socket, outcome)
  }

  /** The answer that the parser has read in full. */
  private read(): Answer {
    const { said } = this.reader
    if (said !== null) this.options.events.onError(this.parser.status, said)
    return this.reader.read(this.parser.status)
  }

  /** @param again whether the connection can carry another request */
  private answered(socket: Socket, answer: Answer, again: boolean): void {
    this.useful = true
    this.state = 'waiting'
    this.options.events.onAnswer(this.number, answer)
    if (socket !== this.client.conn || this.state !== 'waiting') return
    if (again) this.becomeIdle()
    else this.replace(socket)
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
      if (error === null && !this.fresh && this.parser.end()) this.answered(socket, this.read(), false)
      else if (error?.syscall === 'write' && this.requestBytes <= WHOLE_WRITE_BYTES) {
        this.drop()
        this.options.events.onUnsent(this.number)
        this.reconnect()
      } else this.lose(socket, error === null ? 'closed' : 'reset')
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
    for (const event of ['end', 'error', 'close', 'timeout']) socket.removeAllListeners(event)
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

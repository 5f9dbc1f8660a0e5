import { INPUT_BYTES, Llhttp, memory, NO_BODY, OK, PAUSED, PAUSED_UPGRADE, REFUSED } from './llhttp.js'

/** Longest head of an answer, interim answers before it included, in bytes; trailers may be as long. Chrome takes as much. */
export const LONGEST_HEAD = 262_144

/** What of a request decides how its answer is framed. */
export interface RequestFraming {
  method: string
  /** It asked for another protocol: `101 Switching Protocols` answers it. */
  upgrade: boolean
}

/** Whether the bytes of an answer alone say where it ends (RFC 9112, section 6.3, but for rules 1 and 2, and RFC 9110, 7.8). */
export function framesPlainly({ method, upgrade }: RequestFraming): boolean {
  return method !== 'HEAD' && method !== 'CONNECT' && !upgrade
}

/** Who reads what is in an answer. */
export interface ResponseReader {
  /** A head begins; what was read before was of an interim answer (1xx). */
  begin(): void
  /** One of the header fields that are wanted, in lower case, without the spaces around its value. */
  header(name: string, value: string): void
  /** Header fields that are wanted of answers of 400 and more alone, in lower case. */
  readonly ofErrors?: readonly string[]
  /** The head of the answer (no interim one) has been read. */
  head?(status: number): void
  /** A part of the body, to be copied at once; null where bodies are not read. */
  body: ((part: Buffer) => void) | null
}

/**
 * What came of some bytes: more is needed; the answer is complete; it is, and something followed that nothing asked for;
 * what came is no HTTP/1 answer; its head is too long.
 */
export type ParseOutcome = 'more' | 'complete' | 'surplus' | 'malformed' | 'oversized'

const [SPACE, TAB, CR, LF, DELETE, H] = [0x20, 0x09, 0x0d, 0x0a, 0x7f, 0x48]
/** First letters of names are compared in lower case. */
const LOWER = 0x20
/** Whose fields with a first letter are looked at. */
const [OF_ALL, OF_ERRORS] = [1, 2]

/**
 * Frames the answers of one connection by RFC 9112, section 6.3, with llhttp. How the bytes are split changes nothing, and
 * memory does not grow with them.
 */
export class ResponseParser {
  /** Of the complete answer. */
  status = 0
  /** Whether the connection can carry another request after the complete answer. */
  keepAlive = false

  private readonly llhttp: Llhttp
  private readonly wanted: ReadonlySet<string>
  private readonly ofErrors: ReadonlySet<string>
  /** First letters of the names that are looked at: the other fields are not even decoded. */
  private readonly letters = new Uint8Array(256)
  private asked: RequestFraming = { method: 'GET', upgrade: false }
  /** The head of the answer (no interim one) has been read. */
  private headed = false
  private complete = false
  private begun = false
  private headBytes = 0
  private trailerBytes = 0
  /** The current head has a status of 400 or more; null until it has been asked for. */
  private error: boolean | null = null
  /** It has a transfer coding. */
  private coded = false
  /** The current field. */
  private inName = false
  private looked = false
  private name = ''
  private value = ''
  private lastOfName = 0

  /** @param wanted names of the header fields that are read, in lower case */
  constructor(
    wanted: readonly string[],
    private readonly reader: ResponseReader,
  ) {
    this.wanted = new Set(wanted)
    this.ofErrors = new Set(reader.ofErrors)
    for (const name of this.ofErrors) this.letters[name.charCodeAt(0)] = OF_ERRORS
    for (const name of [...wanted, 'transfer-encoding']) this.letters[name.charCodeAt(0)] = OF_ALL
    this.llhttp = new Llhttp(this)
  }

  /** To be called before each request. */
  expect(asked: RequestFraming): void {
    this.asked = asked
    this.headed = false
    this.complete = false
    this.begun = false
    this.headBytes = 0
    this.trailerBytes = 0
    this.llhttp.reset()
  }

  /** @param size how many of the bytes count */
  feed(data: Uint8Array, size = data.length): ParseOutcome {
    if (!this.begun && !this.begins(data, size)) return 'malformed'
    for (let offset = 0; offset < size; ) {
      const room = this.headed ? INPUT_BYTES : Math.min(INPUT_BYTES, LONGEST_HEAD - this.headBytes)
      if (room === 0) return 'oversized'
      const result = this.llhttp.execute(data, offset, Math.min(size, offset + room))
      offset += this.llhttp.consumed
      if (this.complete && (result === PAUSED || result === PAUSED_UPGRADE)) {
        return offset < size ? 'surplus' : 'complete'
      }
      if (result !== OK) return this.trailerBytes > LONGEST_HEAD ? 'oversized' : 'malformed'
      if (!this.headed) this.headBytes += this.llhttp.consumed
    }
    return this.headed || this.headBytes < LONGEST_HEAD ? 'more' : 'oversized'
  }

  /** The connection ended in good order. @returns whether that completes the answer: one that says no length (rule 8) */
  end(): boolean {
    if (this.headed && !this.complete) this.llhttp.finish()
    return this.complete
  }

  free(): void {
    this.llhttp.free()
  }

  onMessageBegin(): number {
    this.coded = false
    this.error = null
    this.inName = false
    this.name = ''
    this.reader.begin()
    return OK
  }

  onHeaderField(at: number, length: number): number {
    if (!this.inName) {
      this.field()
      this.inName = true
      this.name = ''
      this.value = ''
      this.lastOfName = 0
      this.looked = false
    }
    if (length === 0) return OK
    if (this.lastOfName === 0) {
      const whose = this.letters[(memory[at] ?? 0) | LOWER]
      this.looked = whose === OF_ALL || (whose === OF_ERRORS && this.isError())
    }
    this.lastOfName = memory[at + length - 1] ?? 0
    if (this.looked) this.name += memory.toString('latin1', at, at + length)
    return this.inTrailer(length)
  }

  onHeaderValue(at: number, length: number): number {
    // A space before the colon is to be refused (RFC 9112, 5.1).
    if (this.inName && (this.lastOfName === SPACE || this.lastOfName === TAB)) return REFUSED
    this.inName = false
    for (let i = at; i < at + length; i++) {
      const byte = memory[i] ?? 0
      if ((byte < SPACE && byte !== TAB) || byte === DELETE) return REFUSED
    }
    if (this.looked) this.value += memory.toString('latin1', at, at + length)
    return this.inTrailer(length)
  }

  onHeadersComplete(status: number): number {
    this.field()
    if (Math.floor(this.llhttp.version / 10) !== 1 || status < 100) return REFUSED
    // Nobody may change to a protocol that was not asked for (RFC 9110, 7.8).
    if (status === 101 && !this.asked.upgrade) return REFUSED
    if (status < 200 && status !== 101) return NO_BODY
    this.headed = true
    this.status = status
    this.reader.head?.(status)
    // Rules 1 and 2.
    const { method } = this.asked
    return method === 'HEAD' || status === 204 || status === 304 || this.tunnels ? NO_BODY : OK
  }

  onBody(at: number, length: number): number {
    this.reader.body?.(memory.subarray(at, at + length))
    return OK
  }

  onMessageComplete(): number {
    if (!this.headed) return OK
    this.complete = true
    // A transfer coding in HTTP/1.0 is faulty framing (6.1).
    const faulty = this.coded && this.llhttp.version < 11
    this.keepAlive = this.llhttp.keepAlive && !faulty && !this.tunnels
    return PAUSED
  }

  /** llhttp takes RTSP and ICE as well. @returns false when something else than HTTP begins */
  private begins(data: Uint8Array, size: number): boolean {
    let at = 0
    while (at < size && (data[at] === CR || data[at] === LF)) at += 1
    this.begun = at < size
    return at === size || data[at] === H
  }

  /** From here on the connection speaks something else. */
  private get tunnels(): boolean {
    return this.status === 101 || (this.asked.method === 'CONNECT' && this.status < 300)
  }

  /** The field before is complete. */
  private field(): void {
    if (!this.looked || this.headed || this.name === '') return
    const name = this.name.toLowerCase()
    if (name === 'transfer-encoding') this.coded = true
    if (this.wanted.has(name) || this.ofErrors.has(name))
      this.reader.header(name, this.value.replace(/^[ \t]+|[ \t]+$/g, ''))
  }

  private isError(): boolean {
    this.error ??= this.llhttp.status >= 400
    return this.error
  }

  private inTrailer(length: number): number {
    if (!this.headed) return OK
    this.trailerBytes += length
    return this.trailerBytes > LONGEST_HEAD ? REFUSED : OK
  }
}

import binary from 'undici/lib/llhttp/llhttp_simd-wasm.js'

/** Results of `execute` and `finish` that are looked at (llhttp's HPE_*); any other one is an error. */
export const OK = 0
export const PAUSED = 21
export const PAUSED_UPGRADE = 22
/** What a callback returns to refuse the message (HPE_USER). */
export const REFUSED = 24
/** What `onHeadersComplete` returns for an answer that has no body, whatever its header says. */
export const NO_BODY = 1

/** Bytes that are read at once, at most. */
export const INPUT_BYTES = 65_536

/** Up to here a loop is cheaper than another view of the same bytes. */
const COPIED_ONE_BY_ONE = 512

/** Of enum llhttp_type. */
const RESPONSE = 2

/**
 * What llhttp calls while it reads, each returning OK to go on. Names, values and bodies may come in pieces, which lie at
 * `at` in `memory` for as long as the call lasts.
 */
export interface Callbacks {
  onMessageBegin(): number
  onHeaderField(at: number, length: number): number
  onHeaderValue(at: number, length: number): number
  onHeadersComplete(status: number): number
  onBody(at: number, length: number): number
  onMessageComplete(): number
}

/** What is used of undici's build. Parsers and positions are addresses in its memory. */
interface Exports {
  memory: { buffer: ArrayBuffer }
  malloc(bytes: number): number
  llhttp_alloc(type: number): number
  llhttp_free(parser: number): void
  llhttp_reset(parser: number): void
  llhttp_execute(parser: number, at: number, length: number): number
  llhttp_finish(parser: number): number
  llhttp_get_error_pos(parser: number): number
  llhttp_get_status_code(parser: number): number
  llhttp_get_http_major(parser: number): number
  llhttp_get_http_minor(parser: number): number
  llhttp_should_keep_alive(parser: number): number
  llhttp_set_lenient_headers(parser: number, enabled: number): void
  llhttp_set_lenient_keep_alive(parser: number, enabled: number): void
  llhttp_set_lenient_optional_cr_before_lf(parser: number, enabled: number): void
  llhttp_set_lenient_spaces_after_chunk_size(parser: number, enabled: number): void
}

/** TypeScript counts WebAssembly among what browsers have. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { exports: unknown }
}

/** Whose bytes are being read: a process has one llhttp, which reads one chunk after the other. */
let current: Callbacks | undefined
const api = new WebAssembly.Instance(new WebAssembly.Module(binary), {
  env: {
    wasm_on_url: () => OK,
    wasm_on_status: () => OK,
    wasm_on_message_begin: () => current?.onMessageBegin(),
    wasm_on_header_field: (_: number, at: number, length: number) => current?.onHeaderField(at, length),
    wasm_on_header_value: (_: number, at: number, length: number) => current?.onHeaderValue(at, length),
    wasm_on_headers_complete: (_: number, status: number) => current?.onHeadersComplete(status),
    wasm_on_body: (_: number, at: number, length: number) => current?.onBody(at, length),
    wasm_on_message_complete: () => current?.onMessageComplete(),
  },
}).exports as Exports
const input = api.malloc(INPUT_BYTES)
/** All of llhttp's memory. */
export let memory: Buffer = Buffer.from(api.memory.buffer)

/**
 * A parser of HTTP/1 responses: llhttp, the parser of Node, as undici ships it in WebAssembly. Strict, but for what
 * RFC 9112 has a client take: folded header lines (5.2), lines that end with LF alone (2.2), spaces after the size of a
 * chunk (7.1.1), and an answer after an interim one that says `Connection: close`. Taking folded lines, it takes control
 * characters in values and spaces after names as well: the callbacks have to look for them.
 */
export class Llhttp {
  private readonly parser = api.llhttp_alloc(RESPONSE)
  /** Bytes of the last `execute` that were read. */
  consumed = 0

  constructor(private readonly callbacks: Callbacks) {
    // Memory that grew is another buffer.
    if (memory.buffer !== api.memory.buffer) memory = Buffer.from(api.memory.buffer)
    api.llhttp_set_lenient_headers(this.parser, 1)
    api.llhttp_set_lenient_keep_alive(this.parser, 1)
    api.llhttp_set_lenient_optional_cr_before_lf(this.parser, 1)
    api.llhttp_set_lenient_spaces_after_chunk_size(this.parser, 1)
  }

  /** To the beginning of a message. */
  reset(): void {
    api.llhttp_reset(this.parser)
  }

  /** Reads the bytes from one place to another, at most INPUT_BYTES. @returns OK, PAUSED by a callback, or an error */
  execute(data: Uint8Array, from: number, to: number): number {
    const length = to - from
    if (length > COPIED_ONE_BY_ONE) memory.set(data.subarray(from, to), input)
    else for (let i = 0; i < length; i++) memory[input + i] = data[from + i] ?? 0
    current = this.callbacks
    const result = api.llhttp_execute(this.parser, input, length)
    current = undefined
    this.consumed = result === OK ? length : api.llhttp_get_error_pos(this.parser) - input
    return result
  }

  /** Tells that the connection ended in good order. @returns as `execute`; an error within a message */
  finish(): number {
    current = this.callbacks
    const result = api.llhttp_finish(this.parser)
    current = undefined
    return result
  }

  /** Of the current answer, once its first line has been read. */
  get status(): number {
    return api.llhttp_get_status_code(this.parser)
  }

  /** 1.1 as 11. */
  get version(): number {
    return api.llhttp_get_http_major(this.parser) * 10 + api.llhttp_get_http_minor(this.parser)
  }

  /** Whether the connection can carry another message after this one; to be asked in `onMessageComplete`. */
  get keepAlive(): boolean {
    return api.llhttp_should_keep_alive(this.parser) === 1
  }

  free(): void {
    api.llhttp_free(this.parser)
  }
}

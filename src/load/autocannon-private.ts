import type { Socket } from 'node:net'

/**
 * The members of an autocannon client that lane.ts uses, private ones included (lib/httpClient.js, 9.0.0). The version
 * is pinned and autocannon-facts.test.ts holds what is assumed of them.
 */
export interface Client {
  conn: Socket
  parser: {
    execute(chunk: Buffer): number | Error
    finish(): void
    reinitialize(type: string): void
    state: string
    [callback: number]: (...args: unknown[]) => unknown
    constructor: { RESPONSE?: string; kOnHeadersComplete?: number }
  }
  pipelinedRequests: unknown
  timeout: number
  _connect(): void
  _doRequest(): void
  destroy(): void
  on(event: 'headers', listener: (head: ResponseHead) => void): void
  on(event: 'response', listener: () => void): void
  on(event: 'body', listener: (part: Buffer) => void): void
}

export interface ResponseHead {
  statusCode: number
  /** Names and values in turn, as they came. */
  headers: string[]
  shouldKeepAlive: boolean
  upgrade: boolean
}

/** Stands in for autocannon's queue of pending requests, which outlives a connection and then times answers wrongly. */
export class NoQueue {
  private readonly answer = { req: undefined, body: '', bytes: 0, duration: 0, headers: { statusCode: 0 } as object }

  insertRequest(): void {}
  addByteCount(): void {}
  addBody(): void {}
  clear(): void {}
  setHeaders(head: object): void {
    this.answer.headers = head
  }
  /** Always something: autocannon throws when an answer comes that nothing asked for. */
  terminateRequest(): object {
    return this.answer
  }
}

import type { Answer } from './answer.js'
import type { ErrorSample } from './port.js'

/** Why a request that was sent got no answer. */
export type LossCause =
  /** The connection was reset. */
  | 'reset'
  /** The connection was closed in good order, but before the answer. */
  | 'closed'
  /** No answer within the time-out. */
  | 'timeout'
  /** What came back is not HTTP/1. */
  | 'malformed'
  /** What came back begins with more header lines than any that are read (response-parser.ts). */
  | 'oversized'

/** What happens on connections, each known by its number from 0. */
export interface ConnectionEvents {
  /** Connected, for the first time or anew; `onIdle` follows. */
  onConnected(connection: number): void
  /** Connected and waiting: a request can be sent. */
  onIdle(connection: number): void
  /** No longer there; it was idle. It comes back by itself. */
  onDown(connection: number): void
  /** The request was answered in full. */
  onAnswer(connection: number, answer: Answer): void
  /** Whether what an answer of this status says is to be told. */
  wantsError(status: number): boolean
  /** What an answer of 400 and more says; `onAnswer` follows. */
  onError(status: number, sample: ErrorSample): void
  onLost(connection: number, cause: LossCause): void
  /** The request handed over never left this machine: the connection was already gone. */
  onUnsent(connection: number): void
  /** A connect failed; another attempt follows. `code` as in "ECONNREFUSED". */
  onConnectFailure(connection: number, code: string): void
}

/** A fixed number of HTTP connections to one target, each with at most one request in flight. */
export interface Connections {
  /** Sends a variant of the mix on an idle connection. */
  send(connection: number, variant: number): void
  /** Sends these bytes, a request made for its moment. @param wantsVersion the answer's body has a version to be read */
  sendBytes(connection: number, bytes: Buffer, wantsVersion: boolean): void
  /** Gives up on the answer: drops the connection and makes it anew. */
  abandon(connection: number): void
  close(): void
}

import type { Socket } from 'node:net'

/**
 * The members of an autocannon client that are used here, private ones included (lib/httpClient.js, 9.0.0). The version
 * is pinned and autocannon-facts.test.ts holds what is assumed of them.
 */
export interface AutocannonClient {
  conn: Socket
  timeout: number
  _connect(): void
  destroy(): void
}

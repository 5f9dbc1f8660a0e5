import type { ServerResponse } from 'node:http'

/** What to send: a status, JSON text and further headers (name, value, name, value, ...). */
export interface ApiAnswer {
  status: number
  json: string
  headers?: readonly string[]
}

/** An error as the API tells it. */
export function problem(status: number, error: string, headers?: readonly string[]): ApiAnswer {
  return { status, json: JSON.stringify({ error }), ...(headers === undefined ? {} : { headers }) }
}

/**
 * Sends an answer whole. Node leaves the body out for HEAD by itself.
 * @param always headers of every answer, as a flat list
 */
export function send(response: ServerResponse, answer: ApiAnswer, always: readonly string[]): void {
  response.writeHead(answer.status, [
    'Content-Type',
    'application/json; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(answer.json)),
    ...always,
    ...(answer.headers ?? []),
  ])
  response.end(answer.json)
}

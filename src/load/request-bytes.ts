import type { HeaderField, RequestTemplate } from './port.js'

/** Methods whose content means something: without any they say so, too (RFC 9110, section 8.6). */
const EXPECT_CONTENT: readonly string[] = ['POST', 'PUT', 'PATCH']

/**
 * A request as it goes out (RFC 9112), every field as it was given and in its order; `Host`, `Connection` and
 * `Content-Length` are ours where nobody gave them.
 * @param origin "http://127.0.0.1:8080"
 */
export function requestBytes({ method, path, headers, body }: RequestTemplate, origin: string): Buffer {
  const length = body?.length ?? 0
  const sized = (body !== undefined || EXPECT_CONTENT.includes(method)) && !has(headers, 'content-length')
  const head = `${method} ${path}${headBytes(origin, headers)}${sized ? `Content-Length: ${length}\r\n` : ''}\r\n`
  // Fields are ASCII, or octets that stand for nothing in particular.
  return Buffer.concat([Buffer.from(head, 'latin1'), body ?? new Uint8Array()])
}

/** What every request to an origin with these fields has, from the end of its target on; more fields may follow. */
export function headBytes(origin: string, headers: readonly HeaderField[]): string {
  const lines = [
    ...(has(headers, 'host') ? [] : [`Host: ${new URL(origin).host}`]),
    ...(has(headers, 'connection') ? [] : ['Connection: keep-alive']),
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ]
  return ` HTTP/1.1\r\n${lines.join('\r\n')}\r\n`
}

function has(headers: readonly HeaderField[], name: string): boolean {
  return headers.some(([given]) => given.toLowerCase() === name)
}

import { addressBytesOf, addressText, isPrivateAddress } from '../../strategies/balancing/ip-address.js'

/** Headers that concern one connection only (RFC 9110, 7.6.1), and Expect, which the balancer has answered itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'proxy-authenticate',
  'proxy-authorization',
  'expect',
])
const SET_BY_US = new Set(['x-forwarded-for', 'x-real-ip'])

/** Who asks: the peer of the connection, and the client that the peer speaks for. */
export interface Client {
  peer: string
  address: string
}

/**
 * The client of a request. A peer in a private network is believed when it names another: the last address of the last
 * X-Forwarded-For, which the peer itself has added, as nginx reads it (set_real_ip_from with all private networks;
 * ngx_http_get_forwarded_addr). A port is left out, the address brought into its usual form; what is no address is not heeded.
 * @param forwardedFor the values of all X-Forwarded-For headers, in order
 */
export function clientOf(remoteAddress: string | undefined, forwardedFor: readonly string[]): Client {
  // As a dual-stack socket shows IPv4, and with the zone of a link-local address.
  const peer = (remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*/s, '')
  const value = forwardedFor.at(-1)
  if (value === undefined || !isPrivateAddress(peer)) return { peer, address: peer }
  // nginx looks at every character but the first.
  const end = value.slice(1).replace(/[ ,]+$/, '')
  const last = /[ ,]([^ ,]*)$/.exec(end)?.[1] ?? `${value.slice(0, 1)}${end}`
  const bytes = addressBytesOf(last)
  return { peer, address: bytes === undefined ? peer : addressText(bytes) }
}

/** The values of all X-Forwarded-For in a flat list of headers, in order. */
export function forwardedForOf(rawHeaders: readonly string[]): string[] {
  const values: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length === 15 && name.toLowerCase() === 'x-forwarded-for') values.push(rawHeaders[i + 1] as string)
  }
  return values
}

/**
 * The headers that go on to a server, as a flat list: the client's own without those of the connection, with
 * X-Forwarded-For and X-Real-IP.
 * @param connection the Connection header, which may name more headers that are not to be passed on
 * @param chunked whether the body comes without a length
 */
export function requestHeaders(
  rawHeaders: readonly string[],
  connection: string | undefined,
  client: Client,
  forwardedFor: readonly string[],
  chunked: boolean,
): string[] {
  const headers = endToEnd(rawHeaders, connection, SET_BY_US)
  // As nginx's $proxy_add_x_forwarded_for: who asks is by then the client that was named.
  headers.push('X-Forwarded-For', [...forwardedFor, client.address].join(', '))
  headers.push('X-Real-IP', client.address)
  // said explicitly, since Node would frame the body of a GET or DELETE without a length by closing the connection
  if (chunked) headers.push('Transfer-Encoding', 'chunked')
  return headers
}

/** A flat list of headers without those that concern one connection only. */
export function endToEnd(
  rawHeaders: readonly string[],
  connection: string | undefined,
  without?: ReadonlySet<string>,
): string[] {
  const named = connectionNames(connection)
  const kept: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    const lower = name.toLowerCase()
    if (HOP_BY_HOP.has(lower) || without?.has(lower) || named?.includes(lower)) continue
    kept.push(name, rawHeaders[i + 1] as string)
  }
  return kept
}

function connectionNames(connection: string | undefined): string[] | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined
  const names = connection.split(',').map((name) => name.trim().toLowerCase())
  // a client may not take away what frames the body or says whom it is for
  return names.filter((name) => name !== 'content-length' && name !== 'host')
}

import { connect, isIP, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'

/**
 * Opens a connection to an origin, "http://127.0.0.1:8080" or "https://[::1]:8443". Certificates are verified unless
 * that is not wanted; a name is sent to the server (SNI), an address is not (RFC 6066, section 3).
 */
export function openSocket(origin: string, insecure = false): Socket {
  const { protocol, hostname, port } = new URL(origin)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  if (protocol === 'http:') return connect({ host, port: Number(port || 80) })
  return connectSecurely({
    host,
    port: Number(port || 443),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: !insecure,
  })
}

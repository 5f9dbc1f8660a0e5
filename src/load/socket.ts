import { connect, isIP, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'

/** All sockets read into this one, each in its turn: what came is used up before the next one reads. */
const READ_BUFFER = Buffer.alloc(65_536)

export interface Peer {
  /** "http://127.0.0.1:8080" or "https://[::1]:8443". */
  origin: string
  /** Certificates are not verified. */
  insecure?: boolean | undefined
}

/**
 * Opens a connection. Certificates are verified unless that is not wanted; a name is sent to the server (SNI), an address
 * is not (RFC 6066, section 3). What comes is handed over as it is read, in a buffer that is used again at once: neither a
 * stream nor an allocation lies in between.
 * @param onBytes is told how many bytes have come, from the beginning of the buffer
 */
export function openSocket(
  { origin, insecure = false }: Peer,
  onBytes: (buffer: Uint8Array, size: number) => void,
): Socket {
  const { protocol, hostname, port } = new URL(origin)
  const secure = protocol === 'https:'
  const options = {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || (secure ? 443 : 80)),
    noDelay: true,
    onread: {
      buffer: READ_BUFFER,
      callback(size: number) {
        onBytes(READ_BUFFER, size)
        return true
      },
    },
  }
  if (!secure) return connect(options)
  return connectSecurely({
    ...options,
    ...(isIP(options.host) === 0 ? { servername: options.host } : {}),
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: !insecure,
  })
}

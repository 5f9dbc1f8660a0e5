import { isIP } from 'node:net'
import { usageError } from '../../core/errors.js'

/** Labels of letters, digits, hyphens and underscores (RFC 1123), the last of them not of digits alone. */
const NAME =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*(?!\d+\.?$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i

/**
 * The address to listen on, of `--host`: an IPv4 or IPv6 address, in brackets or not, or a name of this machine.
 * @param names whether a name will do: Docker publishes on addresses alone
 * @throws LabError (usage)
 */
export function listenOn(host: string | undefined, names: boolean): string {
  if (host === undefined) return '127.0.0.1'
  const address = /^\[(.*)\]$/.exec(host)?.[1] ?? host
  if (address.includes('%')) {
    throw usageError(
      `--host: "${host}" names a zone, which no URL can`,
      'Give an address that is valid everywhere on this machine',
    )
  }
  if (isIP(address) === 6 || (isIP(address) === 4 && address === host)) return address
  if (!NAME.test(host))
    throw usageError(
      `--host: "${host}" is neither an address nor a name`,
      'As in --host 127.0.0.1, --host ::1 or --host 0.0.0.0',
    )
  if (names) return host
  throw usageError(
    `--host: "${host}" is a name, and Docker publishes ports on addresses`,
    'As in --host 127.0.0.1, --host ::1 or --host 0.0.0.0',
  )
}

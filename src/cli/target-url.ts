import { isIP } from 'node:net'
import { unknownValueError, usageError } from '../core/errors.js'
import type { HeaderField } from '../load/port.js'
import { requestTarget } from './request-target.js'

/** What an address asks for. */
export interface TargetUrl {
  /** "http://127.0.0.1:8000". */
  origin: string
  /** Path and query, as they go out. */
  path: string
  credentials: { user: string; password: string } | null
}

const EXAMPLE = 'As in --url http://127.0.0.1:8000/items'

/**
 * Reads an address. Of its parts only the host is written in another way (lower case, IDNA); the path stays as it is,
 * dots included.
 * @throws LabError (usage), which never shows a password
 */
export function parseTargetUrl(text: string): TargetUrl {
  const shown = JSON.stringify(withoutUserinfo(text))
  if (/\p{Cc}/u.test(text)) throw usageError(`--url: ${shown} holds a control character`, EXAMPLE)
  const [, scheme, authority = '', rest = ''] = /^([a-z][a-z\d+.-]*):\/\/([^/?#\\]*)(.*)$/i.exec(text) ?? []
  if (scheme === undefined) throw usageError(`--url: ${shown} is not an address`, schemeHint(text))
  const protocol = scheme.toLowerCase()
  if (protocol !== 'http' && protocol !== 'https') throw unknownValueError('scheme in --url', scheme, ['http', 'https'])
  const at = authority.lastIndexOf('@')
  const url = hostOf(protocol, authority.slice(at + 1))
  if (url === null || rest.startsWith('\\')) throw usageError(`--url: ${shown} is not an address`, EXAMPLE)
  return {
    origin: url.origin,
    path: requestTarget('--url', rest.startsWith('/') ? rest : `/${rest}`),
    credentials: at === -1 ? null : credentialsOf(authority.slice(0, at)),
  }
}

/** An address as it may be shown. All up to the last @ is taken for a password, which may hold anything by mistake. */
function withoutUserinfo(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/+|https?:|\/*).*@/is, '$1***@')
}

function hostOf(protocol: string, text: string): URL | null {
  if (!URL.canParse(`${protocol}://${text}`)) return null
  const url = new URL(`${protocol}://${text}`)
  if (url.port === '0') return null
  const given = text.replace(/:\d*$/, '')
  // The standard of URLs reads "010.0.0.1" as 8.0.0.1 and "127.1" as 127.0.0.1.
  if (isIP(url.hostname) === 4 && url.hostname !== given) {
    throw usageError(
      `--url: the host ${given} would be read as ${url.hostname}`,
      `Write ${url.hostname} if you mean it`,
    )
  }
  return url
}

function schemeHint(text: string): string {
  const rest = text.replace(/^(https?):?\/*|^\/+/i, '')
  const scheme = /^https/i.test(text) ? 'https' : 'http'
  return rest !== '' && URL.canParse(`${scheme}://${rest}`) ? `Write ${scheme}://${withoutUserinfo(rest)}` : EXAMPLE
}

/** RFC 3986, section 3.2.1: up to the first colon it is the name. */
function credentialsOf(userinfo: string): NonNullable<TargetUrl['credentials']> {
  const colon = userinfo.indexOf(':')
  const read = (text: string): string => {
    try {
      return decodeURIComponent(text)
    } catch {
      throw usageError('--url: name and password are not percent-encoded', 'Write a percent sign as %25')
    }
  }
  const user = read(colon === -1 ? userinfo : userinfo.slice(0, colon))
  const password = colon === -1 ? '' : read(userinfo.slice(colon + 1))
  if (user.includes(':')) {
    throw usageError('--url: the name holds a colon, which Basic authentication cannot tell (RFC 7617, section 2)')
  }
  if (/\p{Cc}/u.test(user + password)) {
    throw usageError('--url: name or password hold a control character (RFC 7617, section 2)')
  }
  return { user, password }
}

/** Basic authentication (RFC 7617), in UTF-8. */
export function basicAuthorization({ user, password }: NonNullable<TargetUrl['credentials']>): HeaderField {
  return ['Authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`]
}

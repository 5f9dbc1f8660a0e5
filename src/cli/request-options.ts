import { METHODS } from 'node:http'
import { type Command, Option } from 'commander'
import { unknownValueError, usageError } from '../core/errors.js'
import type { Load } from '../core/load.js'
import { formatNumber } from '../core/units.js'
import type { HeaderField, RequestTemplate } from '../load/port.js'
import type { Os } from './os.js'
import { under } from './parameter-options.js'
import { readBody } from './request-body.js'
import { requestTarget } from './request-target.js'
import { basicAuthorization, type TargetUrl } from './target-url.js'

/** Flags that say what is requested, as commander gives them. */
export interface RequestOptions {
  path?: string
  method?: string
  header?: string[]
  body?: string
}

/** Every simulated client has a copy of the request in the generator's memory; all of them together, in bytes. */
const MOST_COPIES = 256 * 2 ** 20

/** What a mix of requests writes into them itself. */
const OF_A_MIX = ['content-length', 'content-type', 'idempotency-key', 'x-consistency', 'x-after-lsn']

/** Adds the flags of the request. */
export function addRequestOptions(command: Command): Command {
  return under(command, 'load')
    .option('--path <path>', 'what to request (default: /api/products, or / of your own application)')
    .option('--method <method>', 'HTTP method, in capitals (default: GET)')
    .addOption(
      new Option('--header <header>', "request header, as in 'Accept: text/html'; may be repeated").argParser(
        (value: string, previous: string[] | undefined) => [...(previous ?? []), value],
      ),
    )
    .option('--body <text>', 'request body; @file reads it from a file byte by byte, @- from standard input')
}

/** What a request is made for. */
export interface RequestSetting {
  /** Requested where no flag says what. */
  path: string
  load: Pick<Load, 'clients' | 'workload'>
  /** Name and password of --url. */
  credentials?: TargetUrl['credentials']
}

/**
 * The request that flags ask for: what is given goes out as it is, percent-encoded where it has to be, or is refused.
 * @throws LabError (usage)
 */
export async function requestOf(os: Os, options: RequestOptions, setting: RequestSetting): Promise<RequestTemplate> {
  const { load, credentials = null } = setting
  const method = methodOf(options.method)
  const path = pathOf(options.path, method, setting.path)
  const given = parseHeaders(options.header)
  const body = options.body === undefined ? undefined : await readBody(os, options.body)
  const length = body?.bytes.length ?? 0
  refuseHeaders(given, length, load)
  refuseTrace(method, given, credentials, length)
  if (credentials !== null && named(given, 'authorization')) {
    throw usageError('--url has a name and a password, and --header an Authorization of its own', 'Give one of them')
  }
  if (load.clients > 1 && load.clients * length > MOST_COPIES) {
    throw usageError(
      `--clients ${load.clients}: each keeps a copy of the request, and the body has ${formatNumber(length)} bytes`,
      'Use fewer clients or a smaller body',
    )
  }
  return {
    method,
    path,
    headers: [...(credentials === null ? [] : [basicAuthorization(credentials)]), ...given],
    ...(body === undefined ? {} : { body: body.bytes, ...(body.from === null ? {} : { bodyFrom: body.from }) }),
  }
}

/** Methods are case-sensitive (RFC 9110, section 9.1); those that are known are the ones registered with IANA. */
function methodOf(method: string | undefined): string {
  if (method === undefined) return 'GET'
  if (method === 'CONNECT') {
    throw usageError('--method CONNECT asks for a tunnel, after which no HTTP is spoken', 'Use another method')
  }
  const allowed = METHODS.filter((known) => known !== 'CONNECT')
  if (!allowed.includes(method)) throw unknownValueError('--method', method, allowed)
  return method
}

function pathOf(path: string | undefined, method: string, otherwise: string): string {
  if (path === undefined) return otherwise
  // Of the server as a whole (RFC 9112, section 3.2.4).
  if (path === '*' && method === 'OPTIONS') return path
  if (!path.startsWith('/')) {
    throw usageError(
      `--path: "${path}" does not begin with /`,
      /^https?:\/\//i.test(path) ? 'An address of its own: bench --url' : `As in --path /${path}`,
    )
  }
  return requestTarget('--path', path)
}

/**
 * Headers of `--header 'Name: value'`, in their order: a name is a token, a value visible ASCII with blanks and tabs
 * between (RFC 9110, sections 5.1 and 5.5; what other octets mean nobody can know).
 * @throws LabError (usage)
 */
export function parseHeaders(values: readonly string[] | undefined): HeaderField[] {
  return (values ?? []).map((text) => {
    const [, name, value] = /^([^:]*):[ \t]*(.*?)[ \t]*$/s.exec(text) ?? []
    if (name === undefined || value === undefined) {
      throw usageError('--header: a header has a name, a colon and a value', "Write it as 'Name: value'")
    }
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw usageError(
        `--header: ${JSON.stringify(name)} is not a name of a header`,
        "Write it as 'Name: value'; a name has letters, digits and any of !#$%&'*+-.^_`|~ (RFC 9110, section 5.6.2)",
      )
    }
    // The value is not shown: it may be a secret.
    if (/[^\t\x20-\x7e]/.test(value)) {
      const what = /[^\t\x20-\u{10ffff}]|\x7f/u.test(value) ? 'a control character' : 'a character beyond ASCII'
      throw usageError(`--header: the value of ${name} holds ${what}`, 'Encode it, as in %C3%A9 for é')
    }
    return [name, value]
  })
}

function refuseHeaders(headers: readonly HeaderField[], length: number, load: RequestSetting['load']): void {
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    if (key === 'host' && headers.filter(([other]) => other.toLowerCase() === key).length > 1) {
      throw usageError('--header: Host is given twice, and a request has one (RFC 9112, section 3.2)', 'Give it once')
    }
    if (load.workload !== null && OF_A_MIX.includes(key)) {
      throw usageError(
        `--header: a mix of requests sends ${name} of its own`,
        key === 'x-consistency' ? 'Ask for it with --consistency' : 'Leave it out',
      )
    }
    if (load.clients > 0 && key === 'x-forwarded-for') {
      throw usageError(`--header ${name} and --clients exclude each other`, '--clients sends addresses of its own')
    }
    if (key === 'transfer-encoding') {
      throw usageError(`--header: ${name} is not sent, the body goes out with its length`, 'Leave it out')
    }
    if (key === 'content-length' && value !== String(length)) {
      throw usageError(`--header: ${name} ${value} is not the length of the body, ${length}`, 'Leave it out')
    }
  }
  if (headers.filter(([name]) => name.toLowerCase() === 'content-length').length > 1) {
    throw usageError('--header: Content-Length is given twice', 'Leave it out')
  }
}

/** What RFC 9110 (section 9.3.8) forbids: a server sends it all back. */
function refuseTrace(method: string, headers: readonly HeaderField[], credentials: unknown, length: number): void {
  if (method !== 'TRACE') return
  if (length > 0) throw usageError('--method TRACE has no body', 'Leave --body out')
  if (credentials !== null || named(headers, 'authorization') || named(headers, 'cookie')) {
    throw usageError('--method TRACE: a server sends back what it was sent, credentials too', 'Leave them out')
  }
}

function named(headers: readonly HeaderField[], name: string): boolean {
  return headers.some(([given]) => given.toLowerCase() === name)
}

import * as z from 'zod'
import type { Ledger } from './load.js'
import { formatNumber } from './units.js'

/** So much of the first answer of each error is kept, in bytes. */
export const KEPT_OF_BODY = 300

export const errorAnswerSchema = z.object({
  status: z.number().int(),
  answers: z.number().int().nonnegative(),
  content_type: z.string().nullable(),
  body: z
    .string()
    .nullable()
    .describe(`how the first of them began, at most ${KEPT_OF_BODY} bytes on one line; null where it is no text`),
  more: z.boolean().describe('there was more of it'),
})
/** Answers of one status of 400 and more. */
export type ErrorAnswer = z.infer<typeof errorAnswerSchema>

/** What of a load the words below are about. */
interface Outcome {
  ledger: Pick<Ledger, 'ok' | 'http_error' | 'lost'>
  statuses: Readonly<Record<string, number>>
  losses: Readonly<Record<string, number>>
  errors?: readonly ErrorAnswer[] | undefined
  connect_failures?: Readonly<Record<string, number>> | undefined
}

/** Whether there was no good answer among those that ended: such a run says nothing of how much a system can do. */
export function allErrors({ ledger }: Pick<Outcome, 'ledger'>): boolean {
  return ledger.ok === 0 && ledger.http_error + ledger.lost > 0
}

/**
 * Others' bytes as text that can be shown: on one line, without control characters and without what turns the direction
 * of writing; null where they are no UTF-8 text.
 * @param cut whether there was more, so that the last character may be half
 */
export function shownBody(bytes: Uint8Array, cut: boolean): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: cut })
    return text.includes('\0') ? null : oneLine(text)
  } catch {
    return null
  }
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\s\p{Zl}\p{Zp}]+/gu, ' ').trim()
}

/** What answers of one status said: `401 (1,200 answers, text/plain): "who are you?"`. */
export function errorWords({ status, answers, content_type, body, more }: ErrorAnswer): string {
  const type = content_type === null ? '' : `, ${oneLine(content_type)}`
  const said = body === null ? 'no text' : body === '' ? 'an empty body' : `"${body}${more ? ' ...' : ''}"`
  return `${status} (${formatNumber(answers)} ${answers === 1 ? 'answer' : 'answers'}${type}): ${said}`
}

/** Lost requests and failed connects by cause: "lost: reset 12; not connected: ECONNREFUSED 3"; null for none. */
export function lossWords({ losses, connect_failures = {} }: Outcome): string | null {
  const listed = (what: string, counts: Readonly<Record<string, number>>): string[] => {
    const words = Object.entries(counts).map(([cause, count]) => `${cause} ${formatNumber(count)}`)
    return words.length === 0 ? [] : [`${what}: ${words.join(', ')}`]
  }
  const parts = [...listed('lost', losses), ...listed('not connected', connect_failures)]
  return parts.length === 0 ? null : parts.join('; ')
}

/** Where to look, by what most of the bad ends were; null where there were none. */
export function adviceOn({ statuses, losses, connect_failures = {} }: Outcome): string | null {
  const bad = Object.entries(statuses).filter(([status]) => Number(status) >= 400)
  const [kind] = [...bad, ...Object.entries(losses), ...Object.entries(connect_failures)].toSorted(
    (a, b) => b[1] - a[1],
  )
  if (kind === undefined) return null
  const [name] = kind
  return /^\d+$/.test(name) ? adviceOnStatus(Number(name)) : adviceOnConnecting(name)
}

function adviceOnStatus(status: number): string {
  if ([401, 403, 407].includes(status)) {
    return "It wants credentials: --header 'Authorization: ...', or name:password@ in --url"
  }
  if (status === 404 || status === 410) return 'Nothing is at this path: see --path'
  if (status === 405 || status === 501) return 'The path takes another method: see --method'
  if (status === 429) return 'A limit of its own refuses the rate: lift it for this address, or stay below it'
  if (status < 500) return 'The request is not what it expects: see --path, --header and --body'
  return "The log of the application says why; of a stack's nodes: scalelab logs"
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECRYPT)|CRL_|_CA$/

/** What to do about connections that cannot be made, or end. @param code "ECONNREFUSED", or a cause of loss */
export function adviceOnConnecting(code: string): string {
  if (code === 'ECONNREFUSED') return 'Nothing listens there: check host and port, and that the system is up'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'The name of the host is not known: check it'
  if (CERTIFICATE.test(code)) {
    return "The server's certificate does not hold; of a server of your own: --insecure takes it all the same"
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return 'No TLS is spoken there: http:// instead of https://?'
  if (code === 'timeout') return 'No answer within --timeout: see the log of the application'
  if (code === 'ECONNRESET' || code === 'closed' || code === 'malformed') {
    return 'It ends connections, or speaks something else than HTTP there: https:// instead of http://?'
  }
  return 'Check the address, and that the system is up: curl -i the same URL'
}

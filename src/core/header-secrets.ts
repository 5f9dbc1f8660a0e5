/** Names of headers whose values are nobody else's business. */
const SECRET = /auth|cookie|token|secret|key|password/i

/** Stands where a secret was. */
export const WITHHELD = '***'

/** The value of a header as it may be kept and shown. */
export function shownValue(name: string, value: string): string {
  return SECRET.test(name) ? WITHHELD : value
}

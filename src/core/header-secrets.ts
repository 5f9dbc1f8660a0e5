/** Names of headers whose values are nobody else's business. */
const SECRET = /auth|cookie|token|secret|key|password/i

/** Stands where a secret was. */
export const WITHHELD = '***'

/** Whether a header's value may be kept and shown. */
export function isSecret(name: string): boolean {
  return SECRET.test(name)
}

/** The value of a header as it may be kept and shown. */
export function shownValue(name: string, value: string): string {
  return isSecret(name) ? WITHHELD : value
}

/** A header as it was written, "Name: value", as it may be kept and shown. */
export function shownHeader(text: string): string {
  const name = text.split(':', 1)[0] ?? ''
  return isSecret(name) && name !== text ? `${name}: ${WITHHELD}` : text
}

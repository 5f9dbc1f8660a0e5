import { NotUnderstood, Unanswered } from './session.js'

/**
 * Why a server gave no answer:
 *
 * - refused: it lives, and says no, with its SQLSTATE: too many clients (53300), starting up, recovering or shutting down
 *   (57P03), no entry for us (28000), a wrong password (28P01), no such database (3D000), our session ended (57P01); null
 *   where it has none, as for a server that does not speak TLS to a client that wants it;
 * - silent: nothing came in time. It may be frozen, cut off, or only busy;
 * - closed: the connection was closed without a word;
 * - nobody listens: its machine answered that no program has the port;
 * - not asked: this machine could not ask (no file descriptor is free, say); that says nothing of the server.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export type NoAnswer = { words: string } & (
  | { kind: 'refused'; code: string | null }
  | { kind: 'silent' }
  | { kind: 'closed' }
  | { kind: 'nobody listens' }
  | { kind: 'not asked' }
)

/** What an error of a Session, or of another question over a connection, says of the server. */
export function noAnswerOf(error: unknown): NoAnswer {
  const words = error instanceof Error && error.message !== '' ? error.message : String(error)
  const { severity, code } = error as { severity?: unknown; code?: unknown }
  if (severity !== undefined) return { kind: 'refused', code: typeof code === 'string' ? code : null, words }
  if (error instanceof NotUnderstood) return { kind: 'refused', code: null, words }
  if (error instanceof Unanswered) return { kind: 'silent', words }
  if (typeof code === 'string' && OF_THIS_MACHINE.includes(code)) return { kind: 'not asked', words }
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return { kind: 'nobody listens', words }
  return { kind: 'closed', words }
}

/** What a server that lives said in place of an answer; null where it was no refusal. */
export function refusalOf(why: NoAnswer | undefined): string | null {
  return why?.kind === 'refused' ? why.words : null
}

/** System errors that are about who asks: too many files or ports in use, no memory, not allowed to. */
const OF_THIS_MACHINE = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'EACCES', 'EPERM']

/** SQLSTATEs of refusals that pass by themselves within seconds: starting up, recovering, shutting down; a session ended. */
const PASSING = ['57P01', '57P02', '57P03']

/** Whether the same question may soon be answered, without anybody doing anything. */
export function passes(why: NoAnswer): boolean {
  return why.kind === 'closed' || (why.kind === 'refused' && why.code !== null && PASSING.includes(why.code))
}

/** Whether a connection ended that may have been there before: a new one may be answered. */
export function endedSession(why: NoAnswer): boolean {
  return why.kind === 'closed' || (why.kind === 'refused' && why.code === '57P01')
}

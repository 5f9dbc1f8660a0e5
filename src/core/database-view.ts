/** What a database server is at this moment, whatever its node is called: roles change hands. */
export interface DatabaseView {
  /** 'old-primary': it takes writes, but a server on a higher timeline is the primary. Null: it did not answer. */
  role: 'primary' | 'old-primary' | 'standby' | null
  timeline: number | null
  /** Whether a standby receives WAL from a server that answers; null of all others. */
  streaming: boolean | null
  /** Id of the server that a standby follows; null of all others, and where it is no server of the stack. */
  follows: string | null
  /** Forbidden to start until it follows the new primary. */
  fenced: boolean
  /** What it said in place of an answer, such as "sorry, too many clients already": it lives. Null of all others. */
  refusal: string | null
}

/** In a few words: "primary, timeline 2", "standby of primary, streaming". */
export function describeDatabase({ role, timeline, streaming, follows, fenced, refusal }: DatabaseView): string {
  if (fenced) return role === null ? 'database, fenced' : `fenced, and runs as ${role}`
  switch (role) {
    case null:
      return `database, ${refusal === null ? 'gives no answer' : refusalWords(refusal)}`
    case 'standby':
      return `standby of ${follows ?? 'a stranger'}, ${streaming === true ? 'streaming' : 'not streaming'}`
    case 'primary':
      return `primary, timeline ${timeline}`
    case 'old-primary':
      return `old primary, timeline ${timeline}: to be brought back`
  }
}

/** Of a server that lives and says no, a clause without its subject. */
export function refusalWords(refusal: string): string {
  return `refuses: ${refusal}`
}

/** What a client knew of a user's session when it sent a read; versions, 0 for none. */
export interface KnownVersions {
  /** The highest that was acknowledged. */
  acknowledged: number
  /** The highest that a read returned. */
  seen: number
}

/** What a read returned, held against what was known when it was sent. */
export interface ReadCheck {
  /** There was an acknowledged write to hold it against. */
  checked: boolean
  /** Milliseconds from the acknowledgement of the first missed write to the sending of the read; null when none is missed. */
  staleMs: number | null
  backwards: boolean
}

interface Session {
  lastVersion: number
  /** Acknowledged versions, each above all before it, and when; what came below a higher one says nothing new. */
  readonly versions: number[]
  readonly moments: number[]
  seen: number
}

/**
 * What the client side knows of the sessions it writes. A session is a register that keeps the highest version, so that
 * of two writes in flight at once the older may be acknowledged last without harm. Acknowledged means that the answer
 * was received, seen: that the read had ended; both in the order in which this process saw them.
 */
export class SessionBook {
  private readonly sessions = new Map<number, Session>()

  /** @param firstVersion versions begin above it: above those of any run before on the same data */
  constructor(private readonly firstVersion: number) {}

  /** The version for the next write of a user. */
  nextVersion(user: number): number {
    const session = this.of(user)
    session.lastVersion += 1
    return session.lastVersion
  }

  acknowledged(user: number, version: number, now: number): void {
    const session = this.of(user)
    if (version <= (session.versions.at(-1) ?? 0)) return
    session.versions.push(version)
    session.moments.push(now)
  }

  known(user: number): KnownVersions {
    const session = this.sessions.get(user)
    return { acknowledged: session?.versions.at(-1) ?? 0, seen: session?.seen ?? 0 }
  }

  /** Holds what a read returned (0: no such session) against what was known when it was sent, and remembers it. */
  check(user: number, version: number, known: KnownVersions, sentAt: number): ReadCheck {
    const session = this.of(user)
    session.seen = Math.max(session.seen, version)
    const missed = version < known.acknowledged ? session.moments[firstAbove(session.versions, version)] : undefined
    return {
      checked: known.acknowledged > 0,
      staleMs: missed === undefined ? null : sentAt - missed,
      backwards: version < known.seen,
    }
  }

  private of(user: number): Session {
    let session = this.sessions.get(user)
    if (session === undefined) {
      session = { lastVersion: this.firstVersion, versions: [], moments: [], seen: 0 }
      this.sessions.set(user, session)
    }
    return session
  }
}

/** Index of the first of rising values that is above a limit. */
function firstAbove(values: readonly number[], limit: number): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((values[middle] ?? 0) > limit) high = middle
    else low = middle + 1
  }
  return low
}

import { LOCKED, MISDIRECTED } from '../../../core/shard-map.js'
import type { Statement, Value } from '../database/connection.js'
import type { Done, Failed } from '../database/write-attempt.js'
import { READABLE } from './reads.js'
import type { Place, Router } from './router.js'
import { ShardDown } from './shard.js'

/** How long a read asks a shard that does not answer, in milliseconds. */
export const DOWN_PATIENCE = 1_000
/** Between two attempts, in milliseconds; the wait doubles. A newer map ends it. */
const FIRST_WAIT = 5
const LONGEST_WAIT = 50

/** Nobody could answer in time. */
export class Unserved extends Error {
  override readonly name = 'Unserved'
  /** @param shard that was asked last */
  constructor(
    message: string,
    readonly shard: string | undefined,
  ) {
    super(message)
  }
}

export interface KeyAnswer {
  json: string | undefined
  shard: string
}

/** What became of a write; refused: it did not happen, and will not; unknown: its commit was sent, and no answer came. */
export type ShardWriteOutcome = Done | { kind: 'refused' | 'unknown'; reason: string; shard: string | undefined }

/** A write for the shard of a key, once it is known which that is. */
export interface KeyWrite {
  /** Values from the fourth on: the key, the moment and the slot go before them. */
  query: (place: Place) => { statement: Statement; values: Value[] }
  /** Idempotency key. */
  key: string | null
  /** An attempt of unknown outcome may be repeated: there is a key, or the statement sees to it. */
  repeatable: boolean
  /** On performance.now(). */
  deadline: number
}

/**
 * Reads and writes rows of one user, wherever they are and go: a shard that does not serve the user's slot says so, and
 * then it is asked again, by a newer map where there is one, until the time is up.
 */
export class KeyRequests {
  readonly #router: Router
  readonly #patienceMs: number

  /** @param patienceMs how long a read waits for a slot that nobody serves, on its way from one shard to another */
  constructor(router: Router, patienceMs: number) {
    this.#router = router
    this.#patienceMs = patienceMs
  }

  /**
   * @param statement of KEY_READS; the slot goes before the values
   * @throws Unserved, Overloaded
   */
  async read(user: string, statement: Statement, values: Value[]): Promise<KeyAnswer> {
    const deadline = performance.now() + this.#patienceMs
    let downSince: number | undefined
    let reason = 'no shard map is known'
    for (let attempts = 0; ; attempts++) {
      const place = this.#router.locate(user)
      let version: string | null | undefined
      if (place !== undefined) {
        const { shard, slot } = place
        try {
          const [row] = await shard.read({ statement, values: [slot, ...values] }, deadline, true)
          const [state, json, itsVersion] = row ?? []
          if (READABLE.some((readable) => readable === state)) return { json: json ?? undefined, shard: shard.id }
          version = itsVersion
          reason = `slot ${slot} is ${state ?? 'unknown'} at ${shard.id}`
          downSince = undefined
        } catch (error) {
          if (!(error instanceof ShardDown)) throw error
          reason = error.message
          downSince ??= performance.now()
        }
      }
      const now = performance.now()
      if (now >= deadline || now - (downSince ?? now) >= DOWN_PATIENCE) throw new Unserved(reason, place?.shard.id)
      await this.#wait(attempts, version)
    }
  }

  /** Makes a write once, at the shard that serves the user's slot. */
  async write(user: string, { query, key, repeatable, deadline }: KeyWrite): Promise<ShardWriteOutcome> {
    let maybeDone = false
    let reason = 'no shard map is known'
    let asked: string | undefined
    for (let attempts = 0; ; attempts++) {
      const place = this.#router.locate(user)
      let version: string | undefined
      if (place !== undefined) {
        const { shard, slot } = place
        const { statement, values } = query(place)
        const attempt = await shard.write({ statement, values: [slot, ...values], key }, deadline)
        const elsewhere = elsewhereOf(attempt)
        if (attempt.kind === 'done' && elsewhere === undefined) return attempt
        asked = shard.id
        if (elsewhere !== undefined) {
          reason = `slot ${slot} is ${elsewhere} at ${shard.id}`
          version = attempt.kind === 'done' ? attempt.json : undefined
        } else if (attempt.kind !== 'done') {
          reason = attempt.reason
          maybeDone ||= attempt.kind === 'unknown'
          if (!attempt.again || (maybeDone && !repeatable)) break
        }
      }
      if (performance.now() >= deadline) break
      await this.#wait(attempts, version)
    }
    return { kind: maybeDone ? 'unknown' : 'refused', reason, shard: asked }
  }

  async #wait(attempts: number, version: string | null | undefined): Promise<void> {
    this.#router.learn(version)
    await this.#router.news(waitOf(attempts))
  }
}

/** How long to wait after so many attempts, in milliseconds. */
export function waitOf(attempts: number): number {
  return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempts)
}

/** How a slot stands with a shard that would not write to it; undefined: that was not the reason. */
function elsewhereOf(attempt: Done | Failed): string | undefined {
  // the trigger of topologies/shard-sql.ts says the same by error codes
  const said = attempt.kind === 'done' ? `SL${attempt.status}` : attempt.code
  if (said === `SL${MISDIRECTED}`) return 'not served'
  if (said === `SL${LOCKED}`) return 'held'
  return undefined
}

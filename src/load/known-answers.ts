import type { Answer } from './answer.js'

/** An answer as it came, and what was read in it. */
interface Known {
  bytes: Buffer
  answer: Answer
  keepAlive: boolean
}

/** Those of the replicas of a stack that all answer alike but for their names; each copy is some hundred bytes. */
const KEPT = 8
/** Longer ones cost more to copy than to read. */
const LONGEST_KEPT = 4_096
/** Where so many in a row were new, only one in as many is kept: they may all differ, and a copy costs as well. */
const SELDOM = 64

/**
 * The last different answers to one kind of request, byte by byte, so that an equal one need not be read again: reading is
 * a function of the bytes where a connection's parser is at the beginning of a message and the request frames no answer in
 * a way of its own. A test server's answers are equal for as long as their `Date` is: for a second.
 */
export class KnownAnswers {
  private readonly known: Known[] = []
  private next = 0
  private unknown = 0

  /** @param size how many bytes count */
  find(data: Uint8Array, size: number): Known | undefined {
    for (const known of this.known) {
      if (known.bytes.length !== size || known.bytes.compare(data, 0, size) !== 0) continue
      this.unknown = 0
      return known
    }
    this.unknown += 1
    return undefined
  }

  /** @param answer is copied, as are the bytes */
  keep(data: Uint8Array, size: number, answer: Answer, keepAlive: boolean): void {
    if (size > LONGEST_KEPT || (this.unknown >= SELDOM && this.unknown % SELDOM !== 0)) return
    this.known[this.next] = { bytes: Buffer.from(data.subarray(0, size)), answer: { ...answer }, keepAlive }
    this.next = (this.next + 1) % KEPT
  }
}

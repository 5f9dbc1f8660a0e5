import { randomBytes } from 'node:crypto'

/** Counters of one millisecond end here: 12 bits. */
const COUNTERS = 0x1000

/**
 * Makes UUIDs of version 7 (RFC 9562, section 5.7), each greater than the one before: 48 bits of milliseconds since 1970,
 * then a counter (section 6.2, method 1, which begins anew at a random number below half its range), then 62 random bits.
 * More than the counter can count in a millisecond, and a clock that goes back, are taken from the milliseconds to come.
 */
export class UuidV7 {
  readonly #clock: () => number
  readonly #random: (bytes: number) => Buffer
  #ms = 0
  #counter = 0

  /** @param clock milliseconds since 1970 */
  constructor(clock: () => number = Date.now, random: (bytes: number) => Buffer = randomBytes) {
    this.#clock = clock
    this.#random = random
  }

  next(): string {
    const random = this.#random(10)
    const now = Math.floor(this.#clock())
    this.#counter++
    if (now > this.#ms || this.#counter === COUNTERS) {
      this.#ms = Math.max(now, this.#ms + 1)
      this.#counter = random.readUInt16BE(8) & (COUNTERS / 2 - 1)
    }
    const time = this.#ms.toString(16).padStart(12, '0')
    const counter = this.#counter.toString(16).padStart(3, '0')
    random[0] = ((random[0] ?? 0) & 0x3f) | 0x80 // the variant
    const tail = random.toString('hex', 0, 8)
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${tail.slice(0, 4)}-${tail.slice(4)}`
  }
}

/**
 * What requests tell about a server, judged as nginx does (ngx_http_upstream_round_robin.c): after `maxFails` failures
 * within `failTimeoutMs` it rests that long. Then one request at a time may try it: the next only when another
 * `failTimeoutMs` has passed, or at once when that one succeeded.
 */
export class PassiveHealth {
  readonly maxFails: number
  readonly failTimeoutMs: number
  #fails = 0
  #failedAt = Number.NEGATIVE_INFINITY
  /** When the server failed, or was last tried after a rest: from then on it rests. */
  #checkedAt = Number.NEGATIVE_INFINITY

  /** @param maxFails 0: never rests */
  constructor(maxFails: number, failTimeoutMs: number) {
    this.maxFails = maxFails
    this.failTimeoutMs = failTimeoutMs
  }

  /** Whether a request may go there. */
  available(now: number): boolean {
    return this.maxFails === 0 || this.#fails < this.maxFails || now - this.#checkedAt > this.failTimeoutMs
  }

  /** A request goes there now. */
  chosen(now: number): void {
    if (now - this.#checkedAt > this.failTimeoutMs) this.#checkedAt = now
  }

  /** It gave no answer. Returns true when it rests from now on and did not before. */
  failed(now: number): boolean {
    const rested = this.#fails >= this.maxFails
    this.#fails++
    this.#failedAt = now
    this.#checkedAt = now
    return this.maxFails > 0 && this.#fails >= this.maxFails && !rested
  }

  /** It answered, with whatever status. Returns true when that ends its rest. */
  succeeded(): boolean {
    // an answer to a request sent before the failure proves nothing
    if (this.#fails === 0 || this.#failedAt >= this.#checkedAt) return false
    const rested = this.maxFails > 0 && this.#fails >= this.maxFails
    this.#fails = 0
    return rested
  }
}

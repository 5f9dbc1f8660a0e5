import { exponential } from '../../core/random.js'
import type { Work } from '../../core/work.js'

export type ModelWork = Extract<Work, { kind: 'model' }>

/** When an admitted request is served, in milliseconds on the caller's clock. */
export interface Admission {
  arrival: number
  start: number
  finish: number
}

/**
 * `workers` virtual servers behind one queue in arrival order (G/G/c), on virtual time: a request starts when the
 * first server is free and finishes when its drawn service time has passed, and that server is free again at that very
 * moment, not when somebody noticed. So a late timer delays one answer and never the requests behind it, and capacity
 * is exactly workers / mean.
 *
 * A request that was admitted is served whether or not its client still waits for it, as by a server of threads that
 * learns of a lost connection only when it writes.
 */
export class ServiceModel {
  readonly #freeAt: number[]
  readonly #draw: () => number
  readonly #queueLimit: number
  /** Start of each request that was not served at once, in order; those before #head have started. */
  #starts: number[] = []
  #head = 0

  /** @param random numbers in [0, 1); one is taken per admitted request, none for a fixed service time */
  constructor(work: ModelWork, random: () => number) {
    this.#freeAt = new Array<number>(Math.max(1, Math.trunc(work.workers))).fill(Number.NEGATIVE_INFINITY)
    this.#draw = drawService(work, random)
    this.#queueLimit = work.queueLimit
  }

  /**
   * Admits a request, or refuses it (undefined) when it would have to wait and `queueLimit` others are waiting.
   * @param now arrival in milliseconds; never less than at the call before
   */
  admit(now: number): Admission | undefined {
    const server = this.#firstFree()
    const start = Math.max(now, this.#freeAt[server] ?? now)
    if (start > now && this.waiting(now) >= this.#queueLimit) return undefined
    const finish = start + this.#draw()
    this.#freeAt[server] = finish
    if (start > now) this.#starts.push(start)
    return { arrival: now, start, finish }
  }

  /** How many admitted requests have not started at this moment. */
  waiting(now: number): number {
    // starts never go down: in arrival order nobody starts before somebody who came earlier
    while (this.#head < this.#starts.length && (this.#starts[this.#head] ?? 0) <= now) this.#head++
    if (this.#head > 1_000 && this.#head * 2 > this.#starts.length) {
      this.#starts = this.#starts.slice(this.#head)
      this.#head = 0
    }
    return this.#starts.length - this.#head
  }

  #firstFree(): number {
    let first = 0
    for (let i = 1; i < this.#freeAt.length; i++) {
      if ((this.#freeAt[i] ?? 0) < (this.#freeAt[first] ?? 0)) first = i
    }
    return first
  }
}

function drawService({ distribution, meanMs }: ModelWork, random: () => number): () => number {
  switch (distribution) {
    case 'exp':
      return () => exponential(random, meanMs)
    case 'uniform':
      return () => random() * 2 * meanMs
    case 'fixed':
      return () => meanMs
  }
}

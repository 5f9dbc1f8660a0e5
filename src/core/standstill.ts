/** Between two beats, in milliseconds. */
export const BEAT_MS = 100

/** A beat that comes so much later than it should, in milliseconds: this process was not running. */
const STOOD_STILL_MS = 500

/**
 * Tells when a process itself stood still: it was stopped (SIGSTOP, Ctrl-Z), its machine or container was frozen, or its
 * event loop was blocked. What others seem to have taken in that time says nothing of them. To be told of every beat by a
 * timer of BEAT_MS; what asks in between says `beat`, too, so that it does not judge before the timer fires.
 */
export class Standstill {
  /** @param last when it begins, on the same monotonic clock as the beats, in milliseconds */
  constructor(private last: number) {}

  /** @returns for how long the process stood still since the last beat, in milliseconds; 0: it ran */
  beat(now: number): number {
    const over = now - this.last - BEAT_MS
    this.last = now
    return over >= STOOD_STILL_MS ? over : 0
  }
}

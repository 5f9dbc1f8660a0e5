/** Work that can wait while something must not be disturbed on the same event loop. */
export class Postponed {
  private held: (() => void)[] | null = null

  /** Does this now, or in its turn as soon as nothing must be left in peace any more. */
  do(work: () => void): void {
    if (this.held === null) work()
    else this.held.push(work)
  }

  /** Returns when it is its turn. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.do(resolve))
  }

  /** Leaves this in peace until it has ended, at most so many milliseconds. */
  async during<T>(what: Promise<T>, atMostMs: number): Promise<T> {
    this.held ??= []
    const timer = setTimeout(() => this.release(), atMostMs)
    try {
      return await what
    } finally {
      clearTimeout(timer)
      this.release()
    }
  }

  /** Does everything that waits. */
  release(): void {
    const waiting = this.held ?? []
    this.held = null
    for (const work of waiting) work()
  }
}

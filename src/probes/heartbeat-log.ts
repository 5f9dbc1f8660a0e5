/** So many beats are remembered: a standby further behind than that has a lag of at least their age. */
const KEPT = 10_000

/** The beats that the primary has acknowledged, oldest first. All times are on one clock, in milliseconds. */
export class HeartbeatLog {
  private readonly beats: { sequence: number; at: number }[] = []

  get last(): { sequence: number; at: number } | null {
    return this.beats.at(-1) ?? null
  }

  /** @param at when the acknowledgement came */
  acknowledged(sequence: number, at: number): void {
    // Late news of an earlier beat, from a primary that is none any more.
    if (sequence <= (this.last?.sequence ?? Number.NEGATIVE_INFINITY)) return
    this.beats.push({ sequence, at })
    if (this.beats.length > 2 * KEPT) this.beats.splice(0, KEPT)
  }

  /**
   * The lag that a read shows: the age, when it was sent, of the oldest beat that had been acknowledged before and that it
   * does not show. 0 when it shows them all.
   * @param sequence what the read showed
   * @param sentAt when it was sent
   */
  lag(sequence: number, sentAt: number): number {
    let [low, high] = [0, this.beats.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.beats[middle]?.sequence ?? 0) > sequence) high = middle
      else low = middle + 1
    }
    const missed = this.beats[low]
    return missed === undefined ? 0 : Math.max(0, sentAt - missed.at)
  }
}

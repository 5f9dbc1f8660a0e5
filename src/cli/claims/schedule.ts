import type { ClaimUnit } from './unit.js'

/** What takes longer or shorter than it should at first is no sign for the rest. */
const SOONEST_MS = 10_000
/** How far off the estimates may be taken to be. */
const MOST = 3

/** How far the steps of all units are, and how long the rest should take by what they have taken so far. */
export class UnitSchedule {
  private done = 0
  private index = -1

  constructor(private readonly units: readonly ClaimUnit[]) {}

  /** How long all should take, in milliseconds. */
  get totalMs(): number {
    return this.units.reduce((sum, unit) => sum + estimateOf(unit), 0)
  }

  /** The next step of this unit begins. @returns what it is, its number and how many there are */
  step(unit: ClaimUnit): { what: string; number: number; of: number } {
    this.index += 1
    const { what = '' } = unit.steps[this.index] ?? {}
    return { what, number: this.units.indexOf(unit) + 1, of: this.units.length }
  }

  /** A unit has ended, after all of its steps or not. */
  end(unit: ClaimUnit): void {
    this.done += estimateOf(unit)
    this.index = -1
  }

  /** @param elapsedMs since the first step began */
  leftMs(unit: ClaimUnit, elapsedMs: number): number {
    const before = this.done + unit.steps.slice(0, Math.max(0, this.index)).reduce((sum, { ms }) => sum + ms, 0)
    const pace = before < SOONEST_MS ? 1 : Math.min(MOST, Math.max(1 / MOST, elapsedMs / before))
    return (this.totalMs - before) * pace
  }
}

function estimateOf({ steps }: ClaimUnit): number {
  return steps.reduce((sum, { ms }) => sum + ms, 0)
}

import type { Step } from '../core/calibration.js'

/** Offers these rates one after the other, upward, and ends after the first that is not held. */
export type Climb = (rates: readonly number[]) => Promise<readonly Step[]>

/** Factor from one rate to the next while the limit is far, and when it is near: the result is within 12 % of it. */
const COARSE = 2
const FINE = 1.12
/** Climbs with fine steps: a moment of noise must not pass for the limit, so the way up is tried again. */
const FINE_CLIMBS = 2
/** Most rates of one fine climb: from a rate that was held by chance up to four times as much. */
const FINE_STEPS = 12

/** The highest rate that was held, and the lowest above it that was not (null: the search reached its bound). */
export interface Found {
  rps: number
  limit: Step | null
}

/**
 * Searches the highest rate that can be held: doubling until one is not, then in steps of 12 % from the last that was.
 * The steps go on beyond the first failure, should it have been a hiccup. A rate that was held once can be held: noise
 * only ever takes away.
 * @returns null when not even the lowest rate was held
 */
export async function highestHeld(climb: Climb, { from, most }: { from: number; most: number }): Promise<Found | null> {
  const steps = [...(await climb(ladder(from, COARSE, most, Number.POSITIVE_INFINITY)))]
  for (let n = 0; n < FINE_CLIMBS; n++) {
    const held = highest(steps)
    if (held === most) break
    // With nothing held yet: the lowest rate once more, for it may have been the moment.
    steps.push(...(await climb(ladder(held === null ? from : held * FINE, FINE, most, FINE_STEPS))))
  }
  const held = highest(steps)
  if (held === null) return null
  const failed = steps.filter((step) => step.failed !== null && step.rps > held).toSorted((a, b) => a.rps - b.rps)
  return { rps: held, limit: failed[0] ?? null }
}

function ladder(from: number, factor: number, most: number, steps: number): number[] {
  const rates: number[] = []
  for (let rate = from; rate < most && rates.length < steps; rate *= factor) rates.push(Math.round(rate))
  if (rates.length < steps) rates.push(most)
  return rates
}

function highest(steps: readonly Step[]): number | null {
  const held = steps.flatMap(({ rps, failed }) => (failed === null ? [rps] : []))
  return held.length === 0 ? null : Math.max(...held)
}

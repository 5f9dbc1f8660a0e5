import type { CalibrationStep } from '../core/calibration.js'

/** Offers these rates one after the other, upward, and ends after the first that is not held. */
export type Climb = (rates: readonly number[]) => Promise<readonly CalibrationStep[]>

/** Factor from one rate to the next while the limit is far, and when it is near: the result is within 12 % of it. */
const COARSE = 2
const FINE = 1.12
/** A limit is believed once so many climbs in succession did not get beyond it: a moment of noise must not pass for it. */
const FRUITLESS = 2
/** On a machine that is never quiet it ends after this many with each factor. */
const MOST_CLIMBS = 6
/** Rates closer than this are the same one. */
const BESIDE = 1.05

/** The highest rate that was held, and the lowest above it that was not (null: the search reached its bound). */
export interface HeldRate {
  rps: number
  limit: CalibrationStep | null
}

/**
 * Searches the highest rate that can be held: doubling until one is not, then in steps of 12 % from the last that was. Each
 * way up is tried twice from where it ended, should that have been a hiccup. A rate that was held once can be held: noise
 * only ever takes away.
 * @param enough asked before each way up but the first: whether what was found so far has to do
 * @returns null when not even the lowest rate was held
 */
export async function highestHeld(
  climb: Climb,
  { from, most }: { from: number; most: number },
  enough: () => boolean = () => false,
): Promise<HeldRate | null> {
  const steps: CalibrationStep[] = []
  for (const factor of [COARSE, FINE]) {
    for (let climbs = 0, fruitless = 0; climbs < MOST_CLIMBS && fruitless < FRUITLESS; climbs++) {
      const before = highest(steps)
      if (before === most || (steps.length > 0 && enough())) break
      // With nothing held yet the lowest rate is tried on, for longer: below it there is nothing to find.
      steps.push(...(await climb(before === null ? ladder(from, COARSE, most) : ladder(before * factor, factor, most))))
      if (before !== null) fruitless = highest(steps) === before ? fruitless + 1 : 0
    }
  }
  const held = highest(steps)
  if (held === null) return null
  const above = steps.filter(({ rps }) => rps > held).toSorted((a, b) => a.rps - b.rps)
  // Rates of two ladders may lie side by side: one that is a whole step away says more.
  return { rps: held, limit: above.find(({ rps }) => rps > held * BESIDE) ?? above[0] ?? null }
}

function ladder(from: number, factor: number, most: number): number[] {
  const rates: number[] = []
  for (let rate = from; rate < most; rate *= factor) rates.push(Math.round(rate))
  return [...rates, most]
}

function highest(steps: readonly CalibrationStep[]): number | null {
  const held = steps.flatMap(({ rps, failed }) => (failed === null ? [rps] : []))
  return held.length === 0 ? null : Math.max(...held)
}

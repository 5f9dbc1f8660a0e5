import { seededRandom } from '../core/random.js'

/** Up to so many differences every assignment of signs is looked at: 2^20 of them take some milliseconds. */
const MOST_EXACT = 20
const FLIPS = 100_000
/** Sums of the same numbers in another order differ in the last digits, and must count as equal. */
const TOLERANCE = 1e-10

export interface SignFlip {
  /** Two-sided, above 0, at most 1. */
  p: number
  /** Whether all assignments of signs were looked at, or a seeded sample of them. */
  exact: boolean
}

/**
 * The sign-flip (paired permutation) test: if neither of two variants is the better one, the difference within a block
 * could as well have had the other sign. The p value is the share of the 2^n assignments of signs whose |mean| is at
 * least the one that was observed; it assumes no distribution. Fisher: The Design of Experiments, 1935, section 21;
 * Pitman: Significance tests which may be applied to samples from any populations, 1937; Edgington and Onghena:
 * Randomization Tests, 4th edition, 2007. Above 20 differences it is estimated from 100,000 random assignments as
 * (k + 1) / (m + 1) (Davison and Hinkley: Bootstrap Methods and their Application, 1997, section 4.2).
 * @param differences within blocks, at least one; zeros stay, since no sign moves them
 * @param seed of the random assignments; not used where the test is exact
 * @throws RangeError without differences, or when one is not finite
 */
export function signFlipTest(differences: readonly number[], seed: number): SignFlip {
  if (differences.length === 0 || !differences.every(Number.isFinite)) {
    throw new RangeError('a sign-flip test needs finite differences, at least one')
  }
  const size = differences.reduce((sum, value) => sum + Math.abs(value), 0)
  const threshold = Math.abs(differences.reduce((sum, value) => sum + value, 0)) - TOLERANCE * size
  return differences.length <= MOST_EXACT
    ? { p: exactShare(differences, threshold), exact: true }
    : { p: sampledShare(differences, threshold, seed), exact: false }
}

/**
 * The smallest p value that so many differences can give, when all have the same sign: 2 / 2^n; above 20, where
 * assignments are sampled, that of a sample none of which reaches the observed mean.
 */
export function smallestP(differences: number): number {
  return differences <= MOST_EXACT ? Math.min(1, 2 / 2 ** differences) : 1 / (FLIPS + 1)
}

/** Of the assignments with the first sign kept; the others mirror them, and |sum| is the same. */
function exactShare([first = 0, ...others]: readonly number[], threshold: number): number {
  const reaching = (i: number, sum: number): number => {
    const value = others[i]
    if (value === undefined) return Math.abs(sum) >= threshold ? 1 : 0
    return reaching(i + 1, sum + value) + reaching(i + 1, sum - value)
  }
  return reaching(0, first) / 2 ** others.length
}

function sampledShare(differences: readonly number[], threshold: number, seed: number): number {
  const random = seededRandom(seed)
  let reaching = 0
  for (let flip = 0; flip < FLIPS; flip++) {
    let sum = 0
    for (const value of differences) sum += random() < 0.5 ? value : -value
    if (Math.abs(sum) >= threshold) reaching++
  }
  return (reaching + 1) / (FLIPS + 1)
}

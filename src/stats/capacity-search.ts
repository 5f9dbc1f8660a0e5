import { isotonic } from './isotonic.js'

/** One probe of a rate: whether the objective held; null when the laboratory was in doubt, which says nothing of it. */
export interface RateProbe {
  rps: number
  holds: boolean | null
}

export interface SearchOptions {
  /** Upper end of the search in requests/s: what a closed loop reached. It is never probed, and no answer lies above. */
  maximum: number
  /** The search ends when the bracket is no wider than this share of its upper end. */
  precision: number
  /** Further probes at the answer, the majority of which must hold. */
  confirm: number
  /** Most probes, repeated and void ones included. */
  limit: number
}

export type ProbePhase = 'bracket' | 'bisection' | 'confirmation' | 'repeat'

/** What is known so far: the highest rate that holds, 0 for none; the lowest that does not, or the maximum. */
export interface Bracket {
  low: number
  high: number
}

export type SearchOutcome =
  /** Both ends of the bracket were confirmed. */
  | 'confirmed'
  /** The lower end was confirmed, and nothing between it and the maximum remains to be tried. */
  | 'holds up to the maximum'
  /** Not even the smallest rate holds. */
  | 'nothing holds'
  /** The laboratory was in doubt again and again at one rate. */
  | 'laboratory in doubt'
  | 'probe limit'

export type SearchStep =
  | { kind: 'probe'; rps: number; phase: ProbePhase; bracket: Bracket /** A guess. */; probesLeft: number }
  /** `capacity` is null where none can be named; of 'probe limit' it is what held so far. */
  | { kind: 'done'; outcome: SearchOutcome; capacity: number | null; bracket: Bracket }

/** The first rate, and the smallest one, as shares of the maximum. */
const FIRST = 1 / 4
const SMALLEST = 1 / 64
/** So many void probes of one rate in a row, and the laboratory cannot tell. */
export const MOST_VOID = 5
/** A rate is only shown to fail by more than one probe. */
const FAILING = 2

/** What the probes of one rate came to. */
interface Level {
  rps: number
  held: number
  judged: number
  /** The fitted share of probes that hold, of all rates together. */
  share: number
}

/**
 * What a search for the highest rate that holds an objective does next: a pure function of the probes so far.
 *
 * Near the limit the answer of one probe is a matter of luck, so nothing rests on a single one: the share of probes that
 * hold is fitted over all rates as a function that does not rise (isotonic regression), and its crossing of one half is
 * what is searched for. The bracket is doubled up (or halved down) from a quarter of the maximum, then bisected. Where
 * probes contradict each other in equal number the fit is one half, and one of their rates is probed again. Once the
 * bracket is narrow both its ends are probed until each has its majority; what a probe overturns is searched anew.
 */
export function nextStep(probes: readonly RateProbe[], options: SearchOptions): SearchStep {
  const { maximum, precision, confirm, limit } = options
  const levels = levelsOf(probes)
  const low = levels.findLast(({ share }) => share > 0.5)
  const high = levels.find(({ share }) => share < 0.5)
  const bracket: Bracket = { low: low?.rps ?? 0, high: high?.rps ?? maximum }
  const narrow = bracket.high - bracket.low <= precision * bracket.high
  const done = (outcome: SearchOutcome, capacity: number | null): SearchStep => ({
    kind: 'done',
    outcome,
    capacity,
    bracket,
  })
  const probe = (rps: number, phase: ProbePhase): SearchStep => {
    const halvings = narrow ? 0 : Math.ceil(Math.log2((bracket.high - bracket.low) / bracket.high / precision))
    const spent = low === undefined || !narrow ? 0 : low.judged + (high?.judged ?? 0)
    const left = Math.max(1, halvings + confirm + FAILING - spent)
    return { kind: 'probe', rps, phase, bracket, probesLeft: Math.min(left, limit - probes.length) }
  }

  const voids = voidsAtEnd(probes)
  if (voids >= MOST_VOID) return done('laboratory in doubt', null)
  if (probes.length >= limit) return done('probe limit', low?.rps ?? null)
  const last = probes.at(-1)
  if (voids > 0 && last !== undefined) return probe(last.rps, 'repeat')
  if (levels.length === 0) return probe(rounded(maximum * FIRST), 'bracket')
  const tied = leastProbed(levels.filter(({ share }) => share === 0.5))
  if (tied !== undefined) return probe(tied.rps, 'repeat')
  if (low === undefined) {
    if (high !== undefined && high.rps <= maximum * SMALLEST) {
      return fails(high, confirm) ? done('nothing holds', null) : probe(high.rps, 'confirmation')
    }
    return probe(rounded(bracket.high / 2), 'bracket')
  }
  if (!narrow) {
    const doubled = rounded(low.rps * 2)
    // A quarter doubled is a half, rounding aside.
    if (high === undefined && doubled <= maximum * 0.501) return probe(doubled, 'bracket')
    const middle = rounded((bracket.low + bracket.high) / 2)
    // Nothing lies between two neighbours of five digits: then they are as near as can be.
    if (middle > bracket.low && middle < bracket.high) return probe(middle, 'bisection')
  }
  if (!holds(low, confirm)) return probe(low.rps, 'confirmation')
  if (high === undefined) return done('holds up to the maximum', low.rps)
  return fails(high, confirm) ? done('confirmed', low.rps) : probe(high.rps, 'confirmation')
}

/** The rates with their probes in ascending order, and the share of probes that hold, fitted so that it never rises. */
function levelsOf(probes: readonly RateProbe[]): Level[] {
  const judged = probes.filter(({ holds }) => holds !== null)
  const rates = [...new Set(judged.map(({ rps }) => rps))].toSorted((a, b) => a - b)
  const counts = rates.map((rps) => {
    const own = judged.filter((probe) => probe.rps === rps)
    return { rps, held: own.filter(({ holds }) => holds).length, judged: own.length }
  })
  const failing = isotonic(counts.map(({ held, judged: all }) => ({ value: 1 - held / all, weight: all })))
  // Thirds added up in another order must not tell a tie from one.
  return counts.map((level, i) => ({ ...level, share: 1 - Math.round((failing[i] ?? 0) * 1e9) / 1e9 }))
}

/** Whether a rate was confirmed: the search's own probe and the confirmations, as far as their majority is open. */
function holds({ held, judged }: Level, confirm: number): boolean {
  return held > judged / 2 && (judged > confirm || held > (1 + confirm) / 2)
}

function fails({ held, judged }: Level, confirm: number): boolean {
  return held < judged / 2 && judged >= (confirm === 0 ? 1 : FAILING)
}

/** Of rates that contradict each other the one that was probed least, the middle one of several. */
function leastProbed(levels: readonly Level[]): Level | undefined {
  const fewest = Math.min(...levels.map(({ judged }) => judged))
  const candidates = levels.filter(({ judged }) => judged === fewest)
  return candidates[Math.floor((candidates.length - 1) / 2)]
}

function voidsAtEnd(probes: readonly RateProbe[]): number {
  const last = probes.findLastIndex(({ holds }) => holds !== null)
  return probes.length - 1 - last
}

/** Rates of at most five digits: as they are said, so they are sent. */
function rounded(rps: number): number {
  return Number(rps.toPrecision(5))
}

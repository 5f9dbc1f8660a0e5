import type { Verdict } from '../core/record.js'
import { formatNumber, formatShare } from '../core/units.js'
import { evennessOf } from './evenness.js'
import type { SchemeRun } from './scheme-run.js'
import type { ShardStage } from './stages.js'

/** A scheme from three equal shards to four: what the claims of the coursework speak of. */
interface Growth {
  run: SchemeRun
  /** Of the step in the run; its stages are this one and the next. */
  step: number
  keys: number
}

interface GrowthClaim {
  claim: string
  source: string
  scheme: string
  metric: string
  /** In short, as it is listed before anything is placed. */
  expected: string
  judge(growth: Growth): Pick<Verdict, 'expected' | 'measured' | 'result' | 'reason'>
}

/** What the coursework says about growing from 3 to 4 shards, each with where it stands. */
const GROWTH_CLAIMS: readonly GrowthClaim[] = [
  {
    claim: 'hash mod N is even within 3 %',
    source: 'document 001, claim 12',
    scheme: 'modulo',
    metric: 'modulo.max_deviation',
    expected: 'at most 3.0 % from a fair share',
    judge: (growth) => judgeEven(growth, 0.03, 0),
  },
  {
    claim: 'hash mod N moves 75 % of the keys from 3 to 4 shards',
    source: 'document 001, claim 12',
    scheme: 'modulo',
    metric: 'modulo.moved_fraction',
    expected: '75.0 %',
    judge: (growth) => judgeMoved(growth, 0.75, 0),
  },
  {
    claim: 'consistent hashing is even within 5 %',
    source: 'document 001, claim 13',
    scheme: 'ring',
    metric: 'ring.max_deviation',
    expected: 'at most 5.0 % from a fair share',
    judge: (growth) => judgeEven(growth, 0.05, growth.run.options.vnodes),
  },
  {
    claim: 'consistent hashing moves 25 % of the keys from 3 to 4 shards',
    source: 'document 001, claim 13',
    scheme: 'ring',
    metric: 'ring.moved_fraction',
    expected: '25.0 %',
    judge: (growth) => judgeMoved(growth, 0.25, growth.run.options.vnodes),
  },
]

/** Ways to shard that document 000 names, as the schemes of the lab. */
const WAYS = [
  { way: 'range', scheme: 'range' },
  { way: 'hash', scheme: 'modulo' },
  { way: 'geographic', scheme: 'geo' },
] as const

/** A claim that a plan from 3 to 4 shards is held against. */
export type PlacingClaim = Pick<Verdict, 'claim' | 'metric' | 'expected'> & { source: string; scheme: string }

/** All of them, before anything is placed. */
export const PLACING_CLAIMS: readonly PlacingClaim[] = [
  ...GROWTH_CLAIMS.map(({ judge: _judge, ...claim }) => claim),
  ...WAYS.map(({ way, scheme }) => ({ ...wayClaim(way, scheme), scheme })),
]

/** Deviations that chance alone hardly ever exceeds, in standard deviations. */
const CHANCE = 3
/** A margin wider than this holds nothing against a claim: a tenth of all keys. */
const WIDEST = 0.1
/** Of so many standard deviations the largest of four shards stays within, in about 95 of 100 rings. */
const SURE_OF_FOUR = 2.5

/** All claims that the runs have something to say about. @param keys how many were placed */
export function verdictsOn(runs: readonly SchemeRun[], keys: number): Verdict[] {
  const find = (name: string): SchemeRun | undefined => runs.find(({ scheme }) => scheme.name === name)
  const growth = GROWTH_CLAIMS.flatMap(({ scheme, judge, ...claim }): Verdict[] => {
    const run = find(scheme)
    const step = run?.stages.findIndex((stage, index) => isEqual(stage, 3) && isEqual(run.stages[index + 1] ?? [], 4))
    if (run === undefined || step === undefined || step === -1) return []
    return [{ ...claim, unit: 'share', ...judge({ run, step, keys }) }]
  })
  const ways = WAYS.flatMap(({ way, scheme }) => {
    const run = find(scheme)
    return run === undefined ? [] : [judgeWay(way, run, keys)]
  })
  return [...growth, ...ways]
}

function isEqual(stage: ShardStage, shards: number): boolean {
  return stage.length === shards && stage.every(({ weight }) => weight === stage[0]?.weight)
}

/** @param vnodes 0 for what scatters by chance alone */
function judgeEven({ run, step, keys }: Growth, limit: number, vnodes: number): ReturnType<GrowthClaim['judge']> {
  const stages = [step, step + 1]
  const deviations = stages.map((stage) => {
    const counts = [...(run.keys[stage] ?? [])]
    return evennessOf(counts, new Array(counts.length).fill(1)).maxDeviation
  })
  const measured = Math.max(...deviations)
  const expected = `at most ${formatShare(limit)} from a fair share, with 3 and with 4 shards`
  const verdict = { expected, measured }
  if (measured <= limit) return { ...verdict, result: 'pass', reason: null }
  // Relative standard deviation of one of four shares of so many keys.
  const chance = Math.sqrt(3 / keys)
  // With many keys the shares are those of the scheme; with few a scheme that is even enough may look as if it were not.
  if (CHANCE * chance > limit / 4 && measured <= limit + CHANCE * chance) {
    const reason = `too few keys to tell: by chance alone ${formatNumber(keys)} scatter by up to ${formatShare(CHANCE * chance)}`
    return { ...verdict, result: 'unknown', reason }
  }
  return { ...verdict, result: 'fail', reason: vnodes === 0 ? null : vnodesReason(limit, vnodes) }
}

function vnodesReason(limit: number, vnodes: number): string {
  // cv^2 = (N - 1) / (N V + 1) with N = 4, solved for V.
  const needed = Math.ceil((3 / (limit / SURE_OF_FOUR) ** 2 - 1) / 4 / 100) * 100
  return `shares of ${formatNumber(vnodes)} vnodes scatter by ${formatShare(ringSpread(4, vnodes))} (standard deviation); about ${formatNumber(needed)} would hold ${formatShare(limit)}`
}

/**
 * Coefficient of variation of the shares of a ring: sqrt((N - 1) / (N V + 1)), the shares of N shards being Dirichlet
 * distributed with parameter V each.
 */
function ringSpread(shards: number, vnodes: number): number {
  return Math.sqrt((shards - 1) / (shards * vnodes + 1))
}

function judgeMoved({ run, step, keys }: Growth, share: number, vnodes: number): ReturnType<GrowthClaim['judge']> {
  const movement = run.movements[step]
  const measured = movement === undefined ? null : movedShare(movement.keys, movement.to.length, keys)
  const chance = Math.sqrt((share * (1 - share)) / keys)
  const ring = vnodes === 0 ? 0 : share * ringSpread(4, vnodes)
  const margin = CHANCE * Math.hypot(chance, ring)
  const expected = `${formatShare(share)} within 3 standard deviations (${formatNumber(margin * 100)} points)`
  if (measured === null) return { expected, measured, result: 'unknown', reason: 'no such step' }
  if (margin > WIDEST) return { expected, measured, result: 'unknown', reason: 'almost any share lies within that' }
  const result = Math.abs(measured - share) <= margin ? 'pass' : 'fail'
  return { expected, measured, result, reason: null }
}

/** Shards keep their places from 3 to 4: a key that stays is counted on the diagonal. */
function movedShare(cells: Float64Array, columns: number, keys: number): number {
  return cells.reduce((sum, count, cell) => sum + (Math.floor(cell / columns) === cell % columns ? 0 : count), 0) / keys
}

/** Every key on exactly one shard: at every stage one that is there, and another router names the same. */
function judgeWay(way: string, run: SchemeRun, keys: number): Verdict {
  const { sample } = run.options
  const [first, second] = [run.last, run.anew()]
  const disagreeing = sample.filter((key) => first?.shardOf(key) !== second?.shardOf(key)).length
  const placings = keys * run.stages.length
  const measured = (placings - run.misplaced) / placings - disagreeing / Math.max(1, sample.length)
  return {
    ...wayClaim(way, run.scheme.name),
    measured,
    unit: 'share',
    result: measured === 1 ? 'pass' : 'fail',
    reason: `a second router agrees on ${formatNumber(sample.length - disagreeing)} of ${formatNumber(sample.length)} keys`,
  }
}

function wayClaim(way: string, scheme: string): Omit<PlacingClaim, 'scheme'> {
  return {
    claim: `${way} sharding puts every key on exactly one shard`,
    source: 'document 000, claim 16',
    metric: `${scheme}.placed_once`,
    expected: `exactly ${formatShare(1)}`,
  }
}

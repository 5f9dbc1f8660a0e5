import type { SchemePlan, ShardPlan } from '../core/shard-plan.js'

type Shards = ShardPlan['stages'][number]

/** What theory says of a figure, for keys without an order: its mean and standard deviation. */
export interface ShardPrediction {
  mean: number
  sd: number
}

/** Points that a ketama server of average weight has on the ring. */
const KETAMA_POINTS = 160

/** A key is on a given shard by chance alone, so that only the number of keys makes shards uneven. */
const BINOMIAL = ['modulo', 'jump', 'rendezvous', 'maglev', 'directory']

/**
 * The fraction of the keys that must move from one set of shards to another; null where there is no closed form: unequal
 * weights, bounded loads, maglev's table, and schemes whose split is chosen and not drawn.
 *
 * modulo: keys stay whose hash has the same shard by both remainders, which repeats after lcm(N, M): N/(N+1) move to one
 * more. jump (Lamping and Veach, arXiv:1406.2294),
 * rendezvous (Thaler and Ravishankar, 1998) and rings (Karger and others, 1997): a key stays with its first choice of
 * all M shards, old and new. A ring's part of it is drawn once, with its points: Beta(aV, (M-a)V), variance p(1-p)/(MV+1).
 */
export function predictedMove(
  scheme: Pick<SchemePlan, 'scheme' | 'parameters'>,
  from: Shards,
  to: Shards,
  keys: number,
): ShardPrediction | null {
  if (![from, to].every(equalWeights) || from.length === 0 || to.length === 0 || keys === 0) return null
  const binomial = (mean: number): ShardPrediction => ({ mean, sd: Math.sqrt((mean * (1 - mean)) / keys) })
  const mean = setsApart(from, to)
  if (scheme.scheme === 'rendezvous') return binomial(mean)
  if (scheme.scheme === 'jump') return numberedAlike(from, to) ? binomial(mean) : null
  if (scheme.scheme === 'modulo') return numberedAlike(from, to) ? binomial(1 - remaindersAlike(from, to)) : null
  const points = pointsOf(scheme)
  if (points === null) return null
  const all = unionOf(from, to) * points + 1
  return { mean, sd: Math.sqrt(mean * (1 - mean) * (1 / all + 1 / keys)) }
}

/**
 * The coefficient of variation of keys per shard that theory expects: sqrt((N-1)/K) where each of K keys falls on one of
 * N shards by chance, and for rings of V points per shard sqrt((N-1)/(NV+1)) from the arcs beside it. Null for unequal
 * weights and where the split is chosen and not drawn.
 */
export function predictedCv(
  scheme: Pick<SchemePlan, 'scheme' | 'parameters'>,
  shards: Shards,
  keys: number,
): number | null {
  if (!equalWeights(shards) || shards.length === 0 || keys === 0) return null
  const chance = (shards.length - 1) / keys
  if (BINOMIAL.includes(scheme.scheme)) return Math.sqrt(chance)
  const points = pointsOf(scheme)
  return points === null ? null : Math.sqrt((shards.length - 1) / (shards.length * points + 1) + chance)
}

/** Points of each shard on a plain ring; null for schemes without one. */
function pointsOf({ scheme, parameters }: Pick<SchemePlan, 'scheme' | 'parameters'>): number | null {
  if (scheme === 'ketama') return KETAMA_POINTS
  const { vnodes } = parameters
  return scheme === 'ring' && typeof vnodes === 'number' ? vnodes : null
}

function equalWeights(shards: Shards): boolean {
  return shards.every(({ weight }) => weight === shards[0]?.weight)
}

/** A key stays where its first choice of all shards, old and new, is one that was there and is. */
function setsApart(from: Shards, to: Shards): number {
  const all = unionOf(from, to)
  return 1 - (from.length + to.length - all) / all
}

/** How many shards there are, before or after. */
function unionOf(from: Shards, to: Shards): number {
  return new Set([...from, ...to].map(({ id }) => id)).size
}

/** Whether shards join or leave at the end alone: else numbers change, and with them what number-based schemes place. */
function numberedAlike(from: Shards, to: Shards): boolean {
  return from.every(({ id }, i) => to[i] === undefined || to[i].id === id)
}

/** Of lcm(N, M) hashes in a row as many have the same remainder by both as the smaller of the two. */
function remaindersAlike({ length: n }: Shards, { length: m }: Shards): number {
  return (Math.min(n, m) * gcd(n, m)) / (n * m)
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

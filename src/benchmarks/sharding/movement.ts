import type { Placed, ShardingScheme, WeightedShard } from '../../strategies/sharding/port.js'
import { DEFAULT_SCHEME_OPTIONS, SHARDING_SCHEMES } from '../../strategies/sharding/registry.js'
import { equal, type Figure, info, within } from '../figure.js'
import { evenShards, userId } from './keys.js'

const KEYS = 1_000_000
const QUARTER = 0.25
const SIGMAS = 3

/** Which keys happen to be there: the share of a million draws with a chance of a quarter. */
const CHANCE = Math.sqrt((QUARTER * (1 - QUARTER)) / KEYS)
/** What part of a ring the fourth shard has: Beta(V, 3 V), of which a quarter is the mean. */
const RING = Math.sqrt((QUARTER * (1 - QUARTER)) / (4 * DEFAULT_SCHEME_OPTIONS.vnodes + 1))

/**
 * The standard deviation of the fraction that moves. jump and rendezvous divide the keys by chance; a ring is divided
 * once, by its points, and then the keys fall on its parts by chance.
 */
const DEVIATIONS: Record<string, number> = { ring: Math.hypot(RING, CHANCE), jump: CHANCE, rendezvous: CHANCE }
const WITHOUT_EXCUSE = ['ring', 'jump', 'rendezvous']

/** What moves of a million keys from 3 to 4 shards and from 4 to 3. */
export async function movement(): Promise<Figure[]> {
  const sample = Array.from({ length: 10_000 }, (_, i) => userId(i * 100 + 1)).sort()
  const figures = [
    info('one standard deviation of jump and rendezvous: chance alone', CHANCE * 100, '%'),
    info(`one standard deviation of a ring of ${DEFAULT_SCHEME_OPTIONS.vnodes} vnodes`, RING * 100, '%'),
  ]
  for (const [from, to] of [
    [3, 4],
    [4, 3],
  ] as const) {
    for (const scheme of SHARDING_SCHEMES) {
      const { moved, unnecessary } = move(scheme, evenShards(from), evenShards(to), sample)
      figures.push(figureOf(scheme.name, `${scheme.name}, ${from} to ${to}: moved`, moved * 100))
      const title = `${scheme.name}, ${from} to ${to}: moved between shards that stay`
      figures.push(WITHOUT_EXCUSE.includes(scheme.name) ? equal(title, unnecessary, 0) : info(title, unnecessary))
    }
  }
  return figures
}

function figureOf(name: string, title: string, percent: number): Figure {
  if (name === 'modulo') return within(title, percent, 74.8, 75.2, '%')
  const deviation = DEVIATIONS[name]
  if (deviation === undefined) return info(title, percent, '%')
  const off = (percent / 100 - QUARTER) / deviation
  const margin = SIGMAS * deviation * 100
  const round = (value: number): number => Number(value.toFixed(3))
  return within(`${title} (${off.toFixed(2)} sd)`, percent, round(25 - margin), round(25 + margin), '%')
}

/** The fraction of the keys that moves, and how many move though their shard stays, to one that was there before. */
function move(
  scheme: ShardingScheme,
  from: readonly WeightedShard[],
  to: readonly WeightedShard[],
  sample: readonly string[],
): { moved: number; unnecessary: number } {
  const options = { ...DEFAULT_SCHEME_OPTIONS, keys: KEYS, sample }
  const before: Placed = { shards: from, placement: scheme.place(from, options) }
  const after = scheme.place(to, options, before)
  const stay = Math.min(from.length, to.length)
  let moved = 0
  let unnecessary = 0
  for (let i = 1; i <= KEYS; i++) {
    const key = userId(i)
    const was = before.placement.shardOf(key)
    const is = after.shardOf(key)
    if (was === is) continue
    moved += 1
    if (was < stay && is < stay) unnecessary += 1
  }
  return { moved: moved / KEYS, unnecessary }
}

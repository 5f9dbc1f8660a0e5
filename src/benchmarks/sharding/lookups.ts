import HashRing from 'hashring'
import { DEFAULT_SCHEME_OPTIONS, SHARDING_SCHEMES } from '../../strategies/sharding/registry.js'
import { atLeast, type Figure, info, median } from '../figure.js'
import { evenShards, userId } from './keys.js'

const SHARDS = 16
const KEYS = 200_000
const ROUNDS = 7
/**
 * A round of a scheme goes over the keys so often that it lasts tens of milliseconds; hashring is slow enough as it is.
 */
const PASSES = 5

/** Millions of lookups per second that must be reached. */
const TARGETS: Record<string, number> = { ring: 5, jump: 10, maglev: 15 }

/**
 * Lookups of string keys in one thread, 16 shards, the median of interleaved rounds: whatever slows the machine slows
 * all. The time is that of the processor: waiting for a turn on a busy machine is no part of a lookup. npm hashring has
 * 160 points per shard too; with its cache means that every key is in it.
 */
export async function lookups(): Promise<Figure[]> {
  const keys = Array.from({ length: KEYS }, (_, i) => userId(i + 1))
  const contenders = new Map([...ours(keys), ...hashrings()])
  for (const { placement } of contenders.values()) pass(placement, keys, 1)
  const rates = new Map([...contenders.keys()].map((name) => [name, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, { placement, passes }] of contenders) {
      const started = processorMicros()
      pass(placement, keys, passes)
      const micros = processorMicros() - started
      rates.get(name)?.push((KEYS * passes) / micros)
    }
  }

  const rate = (name: string): number => median(rates.get(name) ?? [])
  const asked = Object.entries(TARGETS).flatMap(([name, target]) => [
    atLeast(`${name}: lookups`, rate(name), target, 'M/s'),
    info(`${name}: times npm hashring`, rate(name) / rate('npm hashring')),
    info(`${name}: times npm hashring with every key in its cache`, rate(name) / rate('npm hashring, cached')),
  ])
  const others = [...contenders.keys()].filter((name) => TARGETS[name] === undefined)
  return [...asked, ...others.map((name) => info(`${name}: lookups`, rate(name), 'M/s'))]
}

interface Contender {
  placement: { shardOf(key: string): unknown }
  passes: number
}

function ours(keys: readonly string[]): [string, Contender][] {
  const sample = keys.filter((_, i) => i % 100 === 0)
  // Bounded loads count the keys: room for all that are asked for.
  const options = { ...DEFAULT_SCHEME_OPTIONS, sample, keys: KEYS * PASSES * (ROUNDS + 1) }
  return SHARDING_SCHEMES.filter(({ name }) => name !== 'geo').map(({ name, place }) => {
    const placement = place(evenShards(SHARDS), options)
    return [name, { placement, passes: name === 'ketama' ? 1 : PASSES }]
  })
}

function hashrings(): [string, Contender][] {
  const ring = (size: number): Contender => {
    const servers = evenShards(SHARDS).map(({ id }) => id)
    const hashRing = new HashRing(servers, 'md5', { 'max cache size': size })
    return { placement: { shardOf: (key) => hashRing.get(key) }, passes: 1 }
  }
  return [
    // It cannot do without: of one key it is of no use.
    ['npm hashring', ring(1)],
    ['npm hashring, cached', ring(KEYS)],
  ]
}

/** Looks up all keys so often, and uses what comes, so that nothing can be left out. */
function pass(placement: Contender['placement'], keys: readonly string[], times: number): void {
  let found = 0
  for (let i = 0; i < times; i++) for (const key of keys) if (placement.shardOf(key) !== undefined) found += 1
  if (found !== times * keys.length) throw new Error('a key was not placed')
}

function processorMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

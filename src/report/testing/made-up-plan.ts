import { type SchemePlan, SHARD_PLAN_SCHEMA, type ShardPlan } from '../../core/shard-plan.js'
import { chiSquareTest } from '../../stats/chi-square.js'

type Shards = ShardPlan['stages'][number]
type Arcs = NonNullable<SchemePlan['ring']>
type Place = (shards: Shards) => { of: (key: number) => string; arcs?: Arcs }

export interface PlanOptions {
  stages?: Shards[]
  keys?: number
  /** Of Zipf's law; null: all keys are asked for alike. */
  exponent?: number | null
  schemes?: (keyof typeof SCHEMES)[]
}

/** Shards of equal weight, shard-1 to shard-n. */
export function shardsUpTo(n: number): Shards {
  return Array.from({ length: n }, (_, i) => ({ id: `shard-${i + 1}`, weight: 1 }))
}

/** A hash of two numbers: murmur3's finalizer, good enough to deal made-up keys out. */
function hash(a: number, b: number): number {
  let h = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca77)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}

/** Number of a shard in its id: placements may not change with its position. */
const numberOf = (id: string): number => Number(id.replace(/\D+/g, '')) || id.length

const SCHEMES: Record<'modulo' | 'ring' | 'rendezvous', Place> = {
  modulo: (shards) => ({ of: (key) => shards[Math.floor(hash(key, 0) * 2 ** 32) % shards.length]?.id ?? '' }),
  ring: (shards) => {
    const arcs: Arcs = shards
      .flatMap(({ id, weight }) =>
        Array.from({ length: 40 * weight }, (_, i): Arcs[number] => [hash(i, numberOf(id) * 1_000), id]),
      )
      .sort(([a], [b]) => a - b)
    // The last point's successor is the first one: the ring closes.
    const closed: Arcs = [...arcs, [1, arcs[0]?.[1] ?? '']]
    return { of: (key) => closed.find(([end]) => hash(key, 0) <= end)?.[1] ?? '', arcs: closed }
  },
  rendezvous: (shards) => ({
    of: (key) =>
      shards.reduce(
        (best, { id, weight }) => {
          const score = -weight / Math.log(hash(key, numberOf(id)))
          return score > best.score ? { id, score } : best
        },
        { id: '', score: -1 },
      ).id,
  }),
}

/** A plan in which made-up keys were really placed: its figures fit together as those of a real one do. */
export function madeUpPlan(options: PlanOptions = {}): ShardPlan {
  const { stages = [shardsUpTo(3), shardsUpTo(4)], keys = 20_000, exponent = null } = options
  const names = options.schemes ?? (Object.keys(SCHEMES) as (keyof typeof SCHEMES)[])
  const popularity = Array.from({ length: keys }, (_, i) => (i + 1) ** -(exponent ?? 0))
  const all = popularity.reduce((a, b) => a + b, 0)
  return {
    schema: SHARD_PLAN_SCHEMA,
    keys: { count: keys, source: exponent === null ? 'uniform' : 'zipf', seed: 1, exponent },
    stages,
    schemes: names.map((name) =>
      schemeOf(
        name,
        stages,
        popularity.map((share) => share / all),
      ),
    ),
    verdicts: [
      {
        claim: '75 % of the keys move from 3 to 4 shards with hash mod N',
        source: 'document 001, claim 12',
        metric: 'moved_fraction',
        expected: '74.8 % to 75.2 %',
        measured: 0.7503,
        unit: 'share',
        result: 'pass',
        reason: null,
      },
    ],
    command: `scalelab shards plan --keys ${keys} --from ${stages[0]?.length} --to ${stages.at(-1)?.length}`,
    environment: { scalelab: '0.3.0', node: 'v20.20.2', platform: 'linux x64', cpu: 'Example CPU at 2.5 GHz' },
  }
}

function schemeOf(name: keyof typeof SCHEMES, stages: Shards[], popularity: readonly number[]): SchemePlan {
  const placed = stages.map((shards) => SCHEMES[name](shards))
  const owners = placed.map(({ of }) => popularity.map((_, key) => of(key)))
  const held = stages.map((shards, i) =>
    shards.map(({ id }) => ({
      id,
      keys: owners[i]?.filter((owner) => owner === id).length ?? 0,
      traffic: (owners[i] ?? []).reduce((sum, owner, key) => (owner === id ? sum + (popularity[key] ?? 0) : sum), 0),
    })),
  )
  const compare = (from: number, to: number): SchemePlan['steps'][number] => {
    const [was = [], is = [], before = [], after = []] = [stages[from], stages[to], owners[from], owners[to]]
    const movement = was.flatMap((source) =>
      is.flatMap((target) => {
        const keys = before.filter((owner, key) => owner === source.id && after[key] === target.id).length
        return source.id === target.id || keys === 0 ? [] : [{ from: source.id, to: target.id, keys }]
      }),
    )
    const moved = movement.reduce((sum, { keys }) => sum + keys, 0)
    const weightOf = (shards: Shards, id: string): number =>
      (shards.find((shard) => shard.id === id)?.weight ?? 0) / shards.reduce((sum, { weight }) => sum + weight, 0)
    const needless = movement
      .filter((move) => is.some(({ id }) => id === move.from) && was.some(({ id }) => id === move.to))
      .filter(({ from, to }) => !(weightOf(is, from) < weightOf(was, from) && weightOf(is, to) > weightOf(was, to)))
      .reduce((sum, { keys }) => sum + keys, 0)
    const shards = held[to] ?? []
    const loads = shards.map(({ id, keys }) => keys / (weightOf(is, id) * before.length))
    const mean = loads.reduce((a, b) => a + b, 0) / loads.length
    const test = chiSquareTest(shards.map(({ id, keys }) => ({ observed: keys, weight: weightOf(is, id) })))
    return {
      moved_fraction: moved / before.length,
      minimum_fraction: was.reduce((sum, { id }) => sum + Math.max(0, weightOf(was, id) - weightOf(is, id)), 0),
      unnecessary_fraction: needless / before.length,
      movement,
      after: shards,
      cv: Math.sqrt(loads.reduce((sum, load) => sum + (load - mean) ** 2, 0) / loads.length) / mean,
      peak_to_mean: Math.max(...loads) / mean,
      traffic_peak_to_mean: Math.max(...shards.map(({ traffic }) => traffic)) * shards.length,
      chi_square: test.statistic,
      p_value: test.pValue,
    }
  }
  const { movement: _movement, after: _after, ...whole } = compare(0, stages.length - 1)
  return {
    scheme: name,
    summary: `Made-up ${name}.`,
    source: `Source of ${name}`,
    parameters: name === 'ring' ? { vnodes: 40, hash: 'xxhash' } : {},
    ...whole,
    lookups_per_s: { modulo: 24_300_000, ring: 8_120_000, rendezvous: 1_940_000 }[name],
    memory_bytes: name === 'ring' ? 2_560 : 0,
    before: held[0] ?? [],
    steps: stages.slice(1).map((_, i) => compare(i, i + 1)),
    ring: placed.at(-1)?.arcs ?? null,
    ring_before: placed[0]?.arcs ?? null,
    note: null,
  }
}

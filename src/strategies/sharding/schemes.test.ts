import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SchemeOptions, ShardingScheme, WeightedShard } from './port.js'
import { DEFAULT_SCHEME_OPTIONS, keyingOf, SHARDING_SCHEMES, shardingScheme } from './registry.js'

const KEYS = Array.from({ length: 20_000 }, (_, i) => `user-${String(i + 1).padStart(6, '0')}`)
const SAMPLE = KEYS.filter((_, i) => i % 10 === 0)
const OPTIONS: SchemeOptions = { ...DEFAULT_SCHEME_OPTIONS, keys: KEYS.length, sample: SAMPLE }

function scheme(name: string): ShardingScheme {
  const found = shardingScheme(name)
  if (found === undefined) throw new Error(`no scheme ${name}`)
  return found
}

function shards(weights: readonly number[]): WeightedShard[] {
  return weights.map((weight, i) => ({ id: `shard-${i + 1}`, weight }))
}

function even(count: number): WeightedShard[] {
  return shards(Array(count).fill(1))
}

/** The id of the shard of every key; steps after the first know what was there before. */
function placed(
  name: string,
  stages: readonly (readonly WeightedShard[])[],
  options = OPTIONS,
  keys = KEYS,
): string[][] {
  let before: Parameters<ShardingScheme['place']>[2]
  return stages.map((stage) => {
    const placement = scheme(name).place(stage, options, before)
    before = { shards: stage, placement }
    return keys.map((key) => stage[placement.shardOf(key)]?.id ?? 'nowhere')
  })
}

function countOf(ids: readonly string[], id: string): number {
  return ids.filter((other) => other === id).length
}

/** From and to of keys that moved. */
function moves([before = [], after = []]: string[][]): { from: string; to: string }[] {
  return before.flatMap((from, i) => (from === after[i] ? [] : [{ from, to: after[i] ?? 'nowhere' }]))
}

const NAMES = SHARDING_SCHEMES.map(({ name }) => name)
const WEIGHTED = SHARDING_SCHEMES.filter(({ weighted }) => weighted).map(({ name }) => name)
const weights = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 })
const anyKey = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', '{}', '{a}b', 'asia:7', 'user-000001'))

describe('the schemes', () => {
  it('are these, and found by their names', () => {
    expect(NAMES).toEqual([
      'modulo',
      'ring',
      'ketama',
      'jump',
      'rendezvous',
      'maglev',
      'bounded',
      'range',
      'directory',
      'geo',
    ])
    expect(shardingScheme('rung')).toBeUndefined()
    expect(NAMES.map(keyingOf).filter((keying) => keying !== 'hash')).toEqual(['range', 'geo'])
  })
})

describe.each(NAMES)('%s', (name) => {
  const { weighted } = scheme(name)

  it('places every key on one of the shards, and always on the same', () => {
    fc.assert(
      fc.property(weights, fc.array(anyKey, { minLength: 1, maxLength: 20 }), (some, keys) => {
        const stage = weighted ? shards(some) : even(some.length)
        const options = { ...OPTIONS, keys: keys.length }
        const [first] = placed(name, [stage], options, keys)
        const [second] = placed(name, [stage], options, keys)
        expect(first).toEqual(second)
        expect(first?.every((id) => stage.some((shard) => shard.id === id))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('gives one shard everything', () => {
    expect(new Set(placed(name, [even(1)])[0])).toEqual(new Set(['shard-1']))
  })

  it('says what is wrong with shards', () => {
    const place = (stage: WeightedShard[]) => () => scheme(name).place(stage, OPTIONS)
    expect(place([])).toThrow('at least one shard')
    expect(place([...even(2), { id: 'shard-2', weight: 1 }])).toThrow('shard "shard-2" is named twice')
    expect(place(shards([1, 0]))).toThrow('the weight of shard-2 must be a positive number, not 0')
    expect(place(shards([1, Number.NaN]))).toThrow('weight of shard-2')
    if (weighted) expect(place(shards([1, 2]))).not.toThrow()
    else expect(place(shards([1, 2]))).toThrow(`${name} takes no weights`)
    expect(place(shards([2, 2]))).not.toThrow()
  })

  it('says how much it keeps', () => {
    const { memoryBytes } = scheme(name).place(even(4), OPTIONS)
    expect(memoryBytes > 0).toBe(name !== 'modulo' && name !== 'jump')
  })
})

describe.each(['ring', 'ketama', 'rendezvous', 'maglev', 'bounded'])('%s', (name) => {
  it('does not care about the order in which shards are named', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(shards([1, 2, 3, 4, 5]), { minLength: 1 }), (stage) => {
        const sorted = [...stage].sort((a, b) => (a.id < b.id ? -1 : 1))
        const keys = KEYS.slice(0, 500)
        expect(placed(name, [stage], OPTIONS, keys)).toEqual(placed(name, [sorted], OPTIONS, keys))
      }),
      { numRuns: 20 },
    )
  })
})

describe.each(['ring', 'ketama', 'jump', 'rendezvous', 'directory', 'range', 'geo'])('%s', (name) => {
  it('moves keys only to the shard that comes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), (count) => {
        const moved = moves(placed(name, [even(count), even(count + 1)]))
        expect(new Set(moved.map(({ to }) => to))).toEqual(new Set([`shard-${count + 1}`]))
      }),
      { numRuns: 7 },
    )
  })

  it('moves only the keys of the shard that leaves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(7), (count, nth) => {
        const gone = scheme(name).removes === 'last' ? count - 1 : nth % count
        const stage = even(count)
        const moved = moves(placed(name, [stage, stage.filter((_, i) => i !== gone)]))
        expect(new Set(moved.map(({ from }) => from))).toEqual(new Set([`shard-${gone + 1}`]))
      }),
      { numRuns: 15 },
    )
  })
})

describe.each(['ring', 'rendezvous', 'directory', 'range'])('%s', (name) => {
  it('moves keys only to a shard that gets more weight, and takes them back when it gets less', () => {
    const [small, large, again] = placed(name, [shards([1, 1, 1]), shards([1, 3, 1]), shards([1, 1, 1])])
    const up = moves([small ?? [], large ?? []])
    const down = moves([large ?? [], again ?? []])
    expect(new Set(up.map(({ to }) => to))).toEqual(new Set(['shard-2']))
    expect(new Set(down.map(({ from }) => from))).toEqual(new Set(['shard-2']))
  })
})

describe('shares by weight', () => {
  const stage = shards([1, 2, 3, 4])

  /** Standard deviation of a shard's share around its weight's, beyond the chance of which keys there are. */
  const SPREAD: Record<string, (share: number) => number> = {
    // A sum of V w of V W parts that divide a ring at random: Beta(V w, V (W - w)).
    ring: (share) => Math.sqrt((share * (1 - share)) / (160 * 10 + 1)),
    ketama: (share) => Math.sqrt((share * (1 - share)) / (160 * 4 + 1)),
    rendezvous: () => 0,
    // Whole entries of the table.
    maglev: () => 1 / 65_537,
    directory: () => 1 / 16_384,
    range: () => 1 / SAMPLE.length,
  }

  it.each(Object.keys(SPREAD))('%s: within four standard deviations', (name) => {
    const [ids = []] = placed(name, [stage])
    for (const { id, weight } of stage) {
      const share = weight / 10
      const own = SPREAD[name]?.(share) ?? 0
      const chance = Math.sqrt((share * (1 - share)) / KEYS.length)
      expect(Math.abs(countOf(ids, id) / KEYS.length - share)).toBeLessThan(4 * Math.hypot(own, chance))
    }
  })

  it('every scheme with weights is tested for them', () => {
    expect([...Object.keys(SPREAD), 'bounded', 'geo'].sort()).toEqual([...WEIGHTED].sort())
  })

  it('geo: whole regions', () => {
    const regions = scheme('geo').place(shards([1, 3]), OPTIONS)
    const owners = KEYS.slice(0, 8).map((key) => regions.shardOf(key))
    expect(owners.filter((owner) => owner === 1)).toHaveLength(6)
  })
})

describe('bounded', () => {
  it('never gives a shard more than (1 + epsilon) times its fair share, rounded up', () => {
    const epsilons = fc.double({ min: 0.01, max: 1, noNaN: true })
    fc.assert(
      fc.property(weights, epsilons, fc.integer({ min: 1, max: 400 }), (some, epsilon, count) => {
        const stage = shards(some)
        const total = some.reduce((sum, weight) => sum + weight, 0)
        const keys = KEYS.slice(0, count)
        const [ids = []] = placed('bounded', [stage], { ...OPTIONS, keys: count, epsilon, vnodes: 20 }, keys)
        for (const { id, weight } of stage) {
          expect(countOf(ids, id)).toBeLessThanOrEqual(Math.ceil((1 + epsilon) * count * (weight / total)))
        }
      }),
    )
  })

  it('is the ring when nothing is full', () => {
    const loose = placed('bounded', [even(5)], { ...OPTIONS, epsilon: 100 })
    expect(loose).toEqual(placed('ring', [even(5)]))
  })

  it('refuses an epsilon that leaves no room, and more keys than it was made for', () => {
    expect(() => placed('bounded', [even(2)], { ...OPTIONS, epsilon: 0 })).toThrow('epsilon must be positive')
    expect(() => placed('bounded', [even(2)], { ...OPTIONS, keys: 10 })).toThrow('all shards are full')
  })
})

describe('ring', () => {
  it.each([0, -1, 1.5, Number.NaN])('refuses %d vnodes', (vnodes) => {
    expect(() => placed('ring', [even(2)], { ...OPTIONS, vnodes })).toThrow('a whole number of points')
  })
})

describe('maglev', () => {
  it('fills its table within 1 % of even when M is above 100 N', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.string({ minLength: 1, maxLength: 8 }), (count, prefix) => {
        const entries = new Map<string, number>()
        const stage = even(count).map(({ id, weight }) => ({ id: prefix + id, weight }))
        const placement = scheme('maglev').place(stage, { ...OPTIONS, tableSize: 1_009 })
        expect(placement.memoryBytes).toBe(2 * 1_009)
        for (let i = 0; i < 60_000; i++) {
          const id = stage[placement.shardOf(`key-${i}`)]?.id ?? ''
          entries.set(id, (entries.get(id) ?? 0) + 1)
        }
        const mean = 60_000 / count
        // 1 % of the table, and four standard deviations of where 60,000 keys happen to fall.
        for (const entry of entries.values()) {
          expect(Math.abs(entry - mean)).toBeLessThan(0.01 * mean + 4 * Math.sqrt(mean))
        }
      }),
      { numRuns: 8 },
    )
  })

  it('moves about 1 / (N + 1), and a little between shards that stay', () => {
    const moved = moves(placed('maglev', [even(3), even(4)]))
    const unnecessary = moved.filter(({ to }) => to !== 'shard-4')
    expect(moved.length / KEYS.length).toBeGreaterThan(0.24)
    expect(moved.length / KEYS.length).toBeLessThan(0.4)
    expect(unnecessary.length).toBeGreaterThan(0)
  })
})

describe('modulo', () => {
  it.each([
    [3, 4, 0.75],
    [4, 5, 0.8],
    [10, 11, 10 / 11],
  ])('moves N / (N + 1) from %i to %i', (from, to, expected) => {
    const share = moves(placed('modulo', [even(from), even(to)])).length / KEYS.length
    expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / KEYS.length))
  })
})

describe.each(['ring', 'ketama', 'bounded'])('%s can be drawn', (name) => {
  it('in arcs that go round once, and say where keys are', () => {
    const stage = even(5)
    const arcs = scheme(name).place(stage, OPTIONS).arcs?.() ?? []
    expect(arcs.length).toBeGreaterThan(5 * 100)
    expect(arcs.every(({ end }, i) => end >= (arcs[i - 1]?.end ?? 0))).toBe(true)
    expect(arcs.at(-1)).toEqual({ end: 1, shard: arcs[0]?.shard })
    const share = arcs.reduce((sum, { end, shard }, i) => sum + (shard === 0 ? end - (arcs[i - 1]?.end ?? 0) : 0), 0)
    const keys = countOf(placed(name === 'bounded' ? 'ring' : name, [stage])[0] ?? [], 'shard-1') / KEYS.length
    expect(Math.abs(share - keys)).toBeLessThan(4 * Math.sqrt((0.2 * 0.8) / KEYS.length))
  })
})

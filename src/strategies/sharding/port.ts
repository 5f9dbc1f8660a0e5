/** A shard that keys are placed on. */
export interface WeightedShard {
  id: string
  /** Positive; how much it should hold, relative to the others. */
  weight: number
}

/** Hash functions that schemes can be run with, where the scheme does not prescribe its own. */
export const HASH_NAMES = ['xxhash', 'murmur3', 'fnv1a', 'md5'] as const
export type HashName = (typeof HASH_NAMES)[number]

/** What a scheme may be told; each takes what it has a use for. */
export interface SchemeOptions {
  hash: HashName
  /** Rings: points of a shard of weight 1. */
  vnodes: number
  /** Maglev: entries of the table, a prime. */
  tableSize: number
  /** Bounded loads: a shard holds at most (1 + epsilon) times its fair share. */
  epsilon: number
  /** Keys that will be placed. Bounded loads count them. */
  keys: number
  /** Some of the keys, sorted by code unit: split points are taken from them. */
  sample: readonly string[]
}

/** Where keys are: made for a set of shards, asked for one key after the other. */
export interface Placement {
  /** The index of the shard that holds this key. With bounded loads each key is to be asked for once. */
  shardOf(key: string): number
  /** What it keeps besides the shards, in bytes: points and tables; 0 for arithmetic alone. */
  readonly memoryBytes: number
  /** Of rings: their arcs in order, the last ending at 1; a key whose hash lies in an arc is at its shard. */
  arcs?(): readonly { end: number; shard: number }[]
}

/** A placement with the shards that it was made for, which its indices count. */
export interface Placed {
  shards: readonly WeightedShard[]
  placement: Placement
}

/** A way to place keys on shards. Pure: the same shards, options and history give the same placement everywhere. */
export interface ShardingScheme {
  name: string
  /** One sentence for help texts and docs. */
  summary: string
  /** Paper or reference implementation. */
  source: string
  /** Whether weights have a meaning for it. */
  weighted: boolean
  /** Which shards can leave: 'any', or only the one that came 'last'. */
  removes: 'any' | 'last'
  /** Options that change where keys go; the others it does not look at. */
  heeds?: readonly ('hash' | 'vnodes' | 'tableSize' | 'epsilon')[]
  /**
   * @param shards at least one, ids unique
   * @param before what was there, for schemes that keep a table of their own (ranges, slots, regions): they move only
   * what must. The others forget it.
   */
  place(shards: readonly WeightedShard[], options: SchemeOptions, before?: Placed): Placement
}

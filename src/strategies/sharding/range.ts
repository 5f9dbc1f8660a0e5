import { usageError } from '../../core/errors.js'
import type { Placed, Placement, ShardingScheme, WeightedShard } from './port.js'
import { dealOut, heldBy, NOBODY, reassign } from './reassign.js'
import { checkShards } from './shards.js'

/**
 * Ranges of keys in the order of their code units, cut where a sample of the keys says that each shard gets its share.
 * Growing cuts off the ends of ranges just what the new shard is to have; what a leaving shard had goes to the others.
 */
export const range: ShardingScheme = {
  name: 'range',
  summary: 'ranges of keys, cut where a sample says: neighbours stay together, new keys at one end make one shard hot',
  source: 'F. Chang et al., Bigtable, OSDI 2006 (tablets); PostgreSQL PARTITION BY RANGE',
  weighted: true,
  removes: 'any',
  heeds: [],
  place(shards, { sample }, before) {
    checkShards(range, shards)
    if (sample.length < shards.length) {
      throw usageError(`range needs a sample of at least ${shards.length} keys to cut at, not ${sample.length}`)
    }
    const unsorted = sample.findIndex((key, i) => i > 0 && key < (sample[i - 1] ?? ''))
    if (unsorted !== -1) throw usageError(`range needs a sorted sample, but "${sample[unsorted]}" comes too late`)
    return before?.placement instanceof Ranges
      ? cutAgain(shards, sample, before, before.placement)
      : rangesOf(sample, dealOut(sample.length, shards))
  },
}

class Ranges implements Placement {
  /**
   * @param starts where ranges begin, in order; the first one begins at '', before all keys
   * @param owners the shard of each
   */
  constructor(
    readonly starts: readonly string[],
    readonly owners: readonly number[],
  ) {}

  shardOf(key: string): number {
    return this.owners[this.rangeOf(key)] as number
  }

  /** The last range that does not begin behind the key. */
  rangeOf(key: string): number {
    const { starts } = this
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((starts[middle] as string) <= key) low = middle
      else high = middle
    }
    return low
  }

  get memoryBytes(): number {
    return this.starts.reduce((sum, start) => sum + start.length, 0) + 2 * this.owners.length
  }
}

function rangesOf(sample: readonly string[], owners: ArrayLike<number>): Ranges {
  return new RangesBuilder()
    .add('', owners[0] ?? 0)
    .addAll(sample, owners, 0, sample.length)
    .done()
}

/**
 * The ranges that were, cut further where pieces of them change hands: no other boundary moves, whatever the sample.
 * Ranges without a key of the sample stay; if their shard left, they go to that of the range before.
 */
function cutAgain(shards: readonly WeightedShard[], sample: readonly string[], before: Placed, old: Ranges): Ranges {
  const held = heldBy(
    sample.map((key) => old.shardOf(key)),
    before.shards,
    shards,
  )
  const owners = reassign(held, shards)
  const kept = heldBy(old.owners, before.shards, shards)
  const builder = new RangesBuilder()
  let from = 0
  old.starts.forEach((start, i) => {
    const next = old.starts[i + 1]
    let to = from
    while (to < sample.length && (next === undefined || (sample[to] as string) < next)) to += 1
    const owner = to > from ? owners[from] : kept[i] === NOBODY ? builder.last : kept[i]
    builder.add(start, owner ?? 0).addAll(sample, owners, from, to)
    from = to
  })
  return builder.done()
}

/** Gathers ranges in order; neighbours of the same shard become one. */
class RangesBuilder {
  private readonly starts: string[] = []
  private readonly owners: number[] = []

  add(start: string, owner: number): this {
    if (this.starts.length > 0 && owner === this.last) return this
    this.starts.push(start)
    this.owners.push(owner)
    return this
  }

  addAll(sample: readonly string[], owners: ArrayLike<number>, from: number, to: number): this {
    for (let i = from; i < to; i++) this.add(sample[i] ?? '', owners[i] ?? 0)
    return this
  }

  get last(): number | undefined {
    return this.owners[this.owners.length - 1]
  }

  done(): Ranges {
    return new Ranges(this.starts, this.owners)
  }
}

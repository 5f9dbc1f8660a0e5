import { usageError } from '../../core/errors.js'
import { keyHash } from './key-hash.js'
import type { Placement, ShardingScheme, WeightedShard } from './port.js'
import { ringOf } from './ring.js'
import type { RingPoints } from './ring-points.js'
import { checkShards, totalWeight } from './shards.js'

/**
 * The ring with a bound: a key goes on to the next shard on the ring that is not full. None holds more than (1 +
 * epsilon) times its fair share by weight, rounded up. Where a key is depends on the keys before it: a directory has to
 * remember.
 */
export const bounded: ShardingScheme = {
  name: 'bounded',
  summary: 'the ring, but no shard takes more than (1 + epsilon) of its fair share: the rest goes to the next one',
  source:
    'V. Mirrokni, M. Thorup, M. Zadimoghaddam, Consistent Hashing with Bounded Loads, SODA 2018 (arXiv:1608.01350)',
  weighted: true,
  removes: 'any',
  heeds: ['hash', 'vnodes', 'epsilon'],
  place(shards, { hash, vnodes, epsilon, keys }) {
    checkShards(bounded, shards)
    if (!(epsilon > 0)) throw usageError(`epsilon must be positive, not ${epsilon}`)
    const hashes = keyHash(hash)
    return new BoundedRing(ringOf(shards, hashes, vnodes), capacities(shards, epsilon, keys), hashes.low)
  },
}

/** How many keys each shard may hold. */
function capacities(shards: readonly WeightedShard[], epsilon: number, keys: number): Float64Array {
  const total = totalWeight(shards)
  return Float64Array.from(shards, ({ weight }) => Math.ceil((1 + epsilon) * keys * (weight / total)))
}

class BoundedRing implements Placement {
  private readonly loads: Float64Array

  constructor(
    private readonly ring: RingPoints,
    private readonly capacity: Float64Array,
    private readonly hash: (key: string) => number,
  ) {
    this.loads = new Float64Array(capacity.length)
  }

  /** @throws RangeError when more keys come than it was made for, and all shards are full */
  shardOf(key: string): number {
    const { ring, loads, capacity } = this
    const count = ring.count
    let point = ring.pointAt(this.hash(key))
    for (let step = 0; step <= count; step++) {
      const shard = ring.shardOfPoint(point)
      const load = loads[shard] as number
      if (load < (capacity[shard] as number)) {
        loads[shard] = load + 1
        return shard
      }
      point = point >= count - 1 ? 0 : point + 1
    }
    throw new RangeError('all shards are full: more keys than the placement was made for')
  }

  get memoryBytes(): number {
    return this.ring.memoryBytes + this.loads.byteLength + this.capacity.byteLength
  }

  arcs(): { end: number; shard: number }[] {
    return this.ring.arcs()
  }
}

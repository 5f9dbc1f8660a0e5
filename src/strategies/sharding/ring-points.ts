/**
 * Points on a ring of 2^32 positions. A position belongs to the first point at or after it, and behind the last point
 * to the first.
 *
 * Instead of a binary search over all points, the top bits of a position say where to begin: about four times as many
 * beginnings as points, so that hardly a step is left to go.
 */
export class RingPoints {
  /** In order, with one at the very end that no position is behind. */
  private readonly positions: Uint32Array
  /** The shard of each point; that at the end is the first again. */
  private readonly shards: Uint16Array
  /** For every value of the top bits the first point that is not before it. */
  private readonly starts: Uint32Array
  private readonly shift: number

  /**
   * @param points at least one, positions of 32 bits, signed or not; where two have the same position, the first in the
   * order of `rank` counts
   * @param rank of each shard, by index: a whole number below 65,536
   */
  constructor(points: readonly { position: number; shard: number }[], rank: readonly number[]) {
    const shardOfRank: number[] = []
    rank.forEach((value, shard) => {
      shardOfRank[value] = shard
    })
    // 48 bits in a double: sorted as numbers, by position and then by rank.
    const sorted = Float64Array.from(
      points,
      ({ position, shard }) => (position >>> 0) * 65_536 + (rank[shard] ?? 0),
    ).sort()
    const count = sorted.length
    this.positions = new Uint32Array(count + 1)
    this.shards = new Uint16Array(count + 1)
    sorted.forEach((point, i) => {
      this.positions[i] = Math.floor(point / 65_536)
      this.shards[i] = shardOfRank[point % 65_536] ?? 0
    })
    this.positions[count] = 0xffff_ffff
    this.shards[count] = this.shards[0] ?? 0

    const bits = Math.min(24, Math.ceil(Math.log2(count)) + 2)
    this.shift = 32 - bits
    this.starts = new Uint32Array(2 ** bits)
    let point = 0
    for (let top = 0; top < this.starts.length; top++) {
      while (point < count && (this.positions[point] ?? 0) < top * 2 ** this.shift) point += 1
      this.starts[top] = point
    }
  }

  /** The index of the shard that a position belongs to. @param position 32 bits, signed or not */
  shardAt(position: number): number {
    return this.shards[this.pointAt(position)] as number
  }

  /** The point that a position belongs to, counted from 0; as many as there are points is the first again. */
  pointAt(position: number): number {
    const unsigned = position >>> 0
    let i = this.starts[unsigned >>> this.shift] as number
    while ((this.positions[i] as number) < unsigned) i += 1
    return i
  }

  /** The shard of a point; of the one behind the last too. */
  shardOfPoint(point: number): number {
    return this.shards[point] as number
  }

  get count(): number {
    return this.positions.length - 1
  }

  get memoryBytes(): number {
    return this.positions.byteLength + this.shards.byteLength + this.starts.byteLength
  }

  /** The arcs in the order of the ring: where each ends, 0 to 1, and whose it is. The last one is the first's, too. */
  arcs(): { end: number; shard: number }[] {
    return Array.from({ length: this.count + 1 }, (_, i) => ({
      end: i === this.count ? 1 : (this.positions[i] ?? 0) / 2 ** 32,
      shard: this.shards[i] ?? 0,
    }))
  }
}

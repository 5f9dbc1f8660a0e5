import { keyHash } from './key-hash.js'
import { mix32 } from './murmur3.js'
import type { ShardingScheme } from './port.js'
import { checkShards, indicesById } from './shards.js'

/**
 * Highest random weight: every shard draws a number for the key, the highest has it. As even as chance, no key moves
 * between shards that stay, any shard can leave; each lookup asks all shards.
 *
 * With weights a shard's draw h, uniform in (0, 1), becomes -w / ln(h): the highest of these belongs to each shard with
 * a probability in proportion to its weight (J. Resch, New Hashing Algorithms for Data Storage, SNIA SDC 2015; C.
 * Schindelhauer, G. Schomaker, Weighted Distributed Hash Tables, SPAA 2005).
 */
export const rendezvous: ShardingScheme = {
  name: 'rendezvous',
  summary: 'every shard draws a number for the key, the highest has it: the least movement, any shard can leave',
  source: 'D. Thaler, C. Ravishankar, Using Name-Based Mappings to Increase Hit Rates, IEEE/ACM ToN 6(1), 1998',
  weighted: true,
  removes: 'any',
  heeds: ['hash'],
  place(shards, { hash }) {
    checkShards(rendezvous, shards)
    const { low, halves } = keyHash(hash)
    const half = new Int32Array(2)
    // In the order of ids, so that two equal draws are decided by them.
    const indices = Uint16Array.from(indicesById(shards))
    const seeds = Int32Array.from(indices, (index) => low(shards[index]?.id ?? ''))
    const weights = Float64Array.from(indices, (index) => shards[index]?.weight ?? 0)
    const equal = weights.every((weight) => weight === weights[0])
    const count = indices.length

    const highest = (key: string): number => {
      halves(key, half)
      const a = half[0] as number
      const b = half[1] as number
      let best = 0
      let most = -1
      for (let i = 0; i < count; i++) {
        const draw = drawOf(a, b, seeds[i] as number)
        if (draw > most) {
          most = draw
          best = i
        }
      }
      return indices[best] as number
    }
    const heaviest = (key: string): number => {
      halves(key, half)
      const a = half[0] as number
      const b = half[1] as number
      let best = 0
      let most = -1
      for (let i = 0; i < count; i++) {
        const score = -(weights[i] as number) / Math.log((drawOf(a, b, seeds[i] as number) + 0.5) / 2 ** 32)
        if (score > most) {
          most = score
          best = i
        }
      }
      return indices[best] as number
    }
    return { shardOf: equal ? highest : heaviest, memoryBytes: seeds.byteLength + weights.byteLength }
  },
}

/** A shard's draw for a key, 32 bits, unsigned. */
function drawOf(low: number, high: number, seed: number): number {
  return mix32(Math.imul(low ^ seed, 0x9e3779b1) ^ high) >>> 0
}

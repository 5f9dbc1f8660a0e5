import { md5 } from './md5.js'
import type { ShardingScheme, WeightedShard } from './port.js'
import { RingPoints } from './ring-points.js'
import { checkShards, totalWeight } from './shards.js'

/** Points of an average server; each MD5 digest gives four. */
const POINTS = 160
const POINTS_PER_DIGEST = 4
/** libmemcached leaves this port out of a server's name. */
const DEFAULT_PORT = ':11211'

/**
 * The ring of memcached clients: finds the same server as libmemcached's weighted ketama, if ids are its servers' names
 * ("10.0.1.1" or "10.0.1.1:11212"). Points are dealt out by weight relative to the average: with unequal weights, the
 * points of all change a little when a server comes or goes.
 */
export const ketama: ShardingScheme = {
  name: 'ketama',
  summary: "memcached's ring: 160 points of an average server, by MD5; finds the same server as libmemcached",
  source: 'R. Jones, libketama, 2007; libmemcached, src/libmemcached/hosts.cc, MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED',
  weighted: true,
  removes: 'any',
  heeds: [],
  place(shards) {
    checkShards(ketama, shards)
    const total = totalWeight(shards)
    const points = shards.flatMap((server, shard) =>
      pointsOf(server, digestsOf(server.weight, total, shards.length)).map((position) => ({ position, shard })),
    )
    // Of two points at the same place the one of the server that is named first counts.
    const ring = new RingPoints(
      points,
      shards.map((_, index) => index),
    )
    return {
      shardOf: (key) => ring.shardAt(md5(key)[0]),
      memoryBytes: ring.memoryBytes,
      arcs: () => ring.arcs(),
    }
  },
}

function pointsOf({ id }: WeightedShard, digests: number): number[] {
  const name = id.endsWith(DEFAULT_PORT) ? id.slice(0, -DEFAULT_PORT.length) : id
  return Array.from({ length: digests }, (_, i) => md5(`${name}-${i}`)).flat()
}

/** Digests of a server, reckoned in floats of 32 bits as libmemcached does: rounding decides about four points. */
function digestsOf(weight: number, total: number, servers: number): number {
  const { fround } = Math
  const share = fround(fround(weight) / fround(total))
  const exact = fround(fround(fround(share * POINTS) / POINTS_PER_DIGEST) * servers)
  return Math.floor(fround(exact + fround(1e-10)))
}

import type { Keying } from '../../core/shard-map.js'
import { bounded } from './bounded.js'
import { directory } from './directory.js'
import { geo } from './geo.js'
import { jump } from './jump.js'
import { ketama } from './ketama.js'
import { maglev } from './maglev.js'
import { modulo } from './modulo.js'
import type { SchemeOptions, ShardingScheme } from './port.js'
import { range } from './range.js'
import { rendezvous } from './rendezvous.js'
import { ring } from './ring.js'

/** All sharding schemes, in the order in which they are shown. */
export const SHARDING_SCHEMES: readonly ShardingScheme[] = [
  modulo,
  ring,
  ketama,
  jump,
  rendezvous,
  maglev,
  bounded,
  range,
  directory,
  geo,
]

/** The scheme of this name, or undefined. */
export function shardingScheme(name: string): ShardingScheme | undefined {
  return SHARDING_SCHEMES.find((scheme) => scheme.name === name)
}

export const DEFAULT_SCHEME_OPTIONS: SchemeOptions = {
  hash: 'murmur3',
  vnodes: 160,
  tableSize: 65_537,
  epsilon: 0.25,
  keys: 1_000_000,
  sample: [],
}

/** How keys become slots on a running stack with this scheme: range and geo have slots in an order of their own. */
export function keyingOf(schemeName: string): Keying {
  return schemeName === 'range' || schemeName === 'geo' ? schemeName : 'hash'
}

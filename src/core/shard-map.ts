/** Slots that keys fall into, as in Redis Cluster; what is placed on shards, and moves, are slots. */
export const SLOTS = 16_384

/** More shards than this are refused: each is a whole PostgreSQL server. */
export const MAX_SHARDS = 16

/** The schemes of src/strategies/sharding/registry.ts by name, for scenario files; a test holds the two together. */
export const SCHEMES = [
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
] as const
export type Scheme = (typeof SCHEMES)[number]

/**
 * How a key becomes a slot. hash: CRC16 of the key, or of its {tag}; range: in the order of the users' numbers; geo:
 * each region has a stretch of slots of its own.
 */
export const KEYINGS = ['hash', 'range', 'geo'] as const
export type Keying = (typeof KEYINGS)[number]

/** Which shard holds which slot, as every shard keeps it and every API instance holds it. */
export interface ShardMap {
  /** Raised by every change. */
  version: number
  /** The scheme that the owners were computed with. */
  scheme: string
  keying: Keying
  /** Users that there were at first: what the range keying spreads over the slots. */
  span: number
  /** address: "host:port" inside the stack; weight: 1 where there is none. */
  shards: { id: string; address: string; weight?: number }[]
  /** One byte per slot, the index of its shard, in base64. */
  owners: string
}

/** @param owners one index per slot */
export function encodeOwners(owners: Uint8Array): string {
  return Buffer.from(owners).toString('base64')
}

/** @throws Error when it is not one index per slot */
export function decodeOwners(text: string): Uint8Array {
  const owners = new Uint8Array(Buffer.from(text, 'base64'))
  if (owners.length !== SLOTS) throw new Error(`a shard map has ${SLOTS} owners, not ${owners.length}`)
  return owners
}

/**
 * Where a shard stands with a slot. here: it serves it. leaving: so it does, and notes every change. held: it may be
 * read, writes wait until `held_until`. away: not its own. arriving: rows are being copied in, nothing is served.
 */
export const SLOT_STATES = ['here', 'leaving', 'held', 'away', 'arriving'] as const
export type SlotState = (typeof SLOT_STATES)[number]

/** Statuses by which a shard says that it does not serve a key (RFC 9110 and RFC 4918 have the like). */
export const MISDIRECTED = 421
export const LOCKED = 423

/** What an API instance is told about shards: the JSON file that SHARDS_FILE names. */
export interface ShardsFile {
  database: string
  user: string
  password: string
  /** Where to ask for the map first; the map says which shards there are. */
  seeds: { id: string; address: string }[]
  /** Connections to each shard, at most. */
  pool: number
  /** Added inside the database to every request on a key, in milliseconds: a stated capacity (0: real work alone). */
  query_ms: number
}

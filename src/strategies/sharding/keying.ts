import { type ShardMap, SLOTS } from '../../core/shard-map.js'
import { crc16, hashTag, slotOf } from './slots.js'

/** Where EcoMarket sells. Each region has a stretch of SLOTS / 8 slots of its own, in this order. */
export const REGIONS = [
  'north-america',
  'central-america',
  'south-america',
  'europe',
  'africa',
  'middle-east',
  'asia',
  'oceania',
] as const

const SLOTS_PER_REGION = SLOTS / REGIONS.length

/** The number at the end of a user id ("user-000123": 123), of which the last nine digits count; null without one. */
export function numberOf(key: string): number | null {
  let start = key.length
  while (start > 0 && key.length - start < 9 && isDigit(key.charCodeAt(start - 1))) start -= 1
  return start === key.length ? null : Number(key.slice(start))
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/**
 * The region that a user id belongs to, as an index into REGIONS: users are dealt out to the regions by their number;
 * those without a number by their CRC16.
 */
export function regionOf(key: string): number {
  const number = numberOf(key)
  return number === null ? crc16(hashTag(key)) % REGIONS.length : (number + REGIONS.length - 1) % REGIONS.length
}

/**
 * The slot of a user id by the map's keying (core/shard-map.ts). The same as the function slot_of of
 * topologies/shard-sql.ts; a test holds them against each other.
 */
export function slotOfKey(map: Pick<ShardMap, 'keying' | 'span'>, key: string): number {
  if (map.keying === 'geo') return regionOf(key) * SLOTS_PER_REGION + (crc16(hashTag(key)) % SLOTS_PER_REGION)
  const number = map.keying === 'range' ? numberOf(key) : null
  if (number === null) return slotOf(key)
  return Math.min(SLOTS - 1, Math.floor((Math.max(0, number - 1) * SLOTS) / map.span))
}

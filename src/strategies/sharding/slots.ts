import { SLOTS } from '../../core/shard-map.js'

/** CRC of each byte: polynomial x^16 + x^12 + x^5 + 1, the highest bit first. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})

/**
 * CRC-16/XMODEM of the key's UTF-8 bytes, 0 to 65,535: polynomial 0x1021, start 0, nothing reflected, nothing added.
 * Source: appendix A of the Redis Cluster specification
 * (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/).
 */
export function crc16(key: string): number {
  let crc = 0
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i)
    if (code > 127) return crc16OfBytes(Buffer.from(key, 'utf8'))
    crc = ((crc << 8) & 0xffff) ^ (TABLE[(crc >> 8) ^ code] as number)
  }
  return crc
}

function crc16OfBytes(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (TABLE[(crc >> 8) ^ byte] as number)
  return crc
}

/**
 * The part of a key that decides its slot: what is between the first { and the next }, if that is not empty, else the
 * whole key. Keys with the same tag share a slot.
 */
export function hashTag(key: string): string {
  const open = key.indexOf('{')
  if (open === -1) return key
  const close = key.indexOf('}', open + 1)
  return close === -1 || close === open + 1 ? key : key.slice(open + 1, close)
}

/** The slot of a key as in Redis Cluster, 0 to 16,383. */
export function slotOf(key: string): number {
  return crc16(hashTag(key)) % SLOTS
}

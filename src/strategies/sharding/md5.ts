import { createHash } from 'node:crypto'

/**
 * Bytes of the MD5 digest (RFC 1321) of the key as four signed numbers of 32 bits, the lowest byte first: as ketama
 * reads them.
 */
export function md5(key: string): [number, number, number, number] {
  const digest = createHash('md5').update(key, 'utf8').digest()
  return [digest.readInt32LE(0), digest.readInt32LE(4), digest.readInt32LE(8), digest.readInt32LE(12)]
}

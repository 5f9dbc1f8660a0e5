/** Offset basis and prime of 32 bits. */
const BASIS = 0x811c9dc5
const PRIME = 0x01000193
/** Of 64 bits, in halves: the prime is 2^40 + 0x1b3. */
const BASIS_HIGH = 0xcbf29ce4
const BASIS_LOW = 0x84222325
const PRIME_LOW = 0x1b3

/**
 * FNV-1a of the key's UTF-8 bytes, 32 bits, signed.
 * Source: G. Fowler, L. C. Noll, P. Vo, http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function fnv1a(key: string): number {
  let h = BASIS
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i)
    if (code > 127) return fnv1aOfBytes(Buffer.from(key, 'utf8'))
    h = Math.imul(h ^ code, PRIME)
  }
  return h
}

function fnv1aOfBytes(bytes: Uint8Array): number {
  let h = BASIS
  for (const byte of bytes) h = Math.imul(h ^ byte, PRIME)
  return h
}

/** FNV-1a of 64 bits, in two signed halves. */
export function fnv1a64(key: string): { high: number; low: number } {
  let high = BASIS_HIGH
  let low = BASIS_LOW
  for (const byte of Buffer.from(key, 'utf8')) {
    // (high, low) = ((high, low) ^ byte) * (2^40 + 0x1b3) modulo 2^64
    low = (low ^ byte) >>> 0
    const product = low * PRIME_LOW
    high = (Math.imul(high, PRIME_LOW) + (low << 8) + Math.floor(product / 2 ** 32)) >>> 0
    low = product >>> 0
  }
  return { high: high | 0, low: low | 0 }
}

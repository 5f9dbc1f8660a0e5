/**
 * MurmurHash3_x86_32 of the key's UTF-8 bytes, unsigned.
 * Source: Austin Appleby, https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp (public domain).
 * Keys of ASCII characters, the usual ones, are read from the string without a copy of their bytes.
 */
export function murmur3(key: string, seed = 0): number {
  const length = key.length
  const whole = length & ~3
  let seen = 0
  let h = seed
  let i = 0
  for (; i < whole; i += 4) {
    const a = key.charCodeAt(i)
    const b = key.charCodeAt(i + 1)
    const c = key.charCodeAt(i + 2)
    const d = key.charCodeAt(i + 3)
    seen |= a | b | c | d
    h = Math.imul(rotl(h ^ scramble(a | (b << 8) | (c << 16) | (d << 24)), 13), 5) + 0xe6546b64
  }
  let tail = 0
  for (let shift = 0; i < length; i++, shift += 8) {
    const code = key.charCodeAt(i)
    seen |= code
    tail |= code << shift
  }
  if (seen > 127) return murmur3OfBytes(Buffer.from(key, 'utf8'), seed)
  if (whole < length) h ^= scramble(tail)
  return mix32(h ^ length)
}

/** The same of bytes. */
export function murmur3OfBytes(bytes: Uint8Array, seed = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = bytes.length & ~3
  let h = seed
  for (let i = 0; i < whole; i += 4) h = Math.imul(rotl(h ^ scramble(view.getInt32(i, true)), 13), 5) + 0xe6546b64
  let tail = 0
  for (let i = whole; i < bytes.length; i++) tail |= (bytes[i] as number) << ((i - whole) * 8)
  if (whole < bytes.length) h ^= scramble(tail)
  return mix32(h ^ bytes.length)
}

/** Murmur3's finaliser (fmix32): one to one, and every bit of the input decides on every bit of the result. Unsigned. */
export function mix32(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function scramble(k: number): number {
  return Math.imul(rotl(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593)
}

function rotl(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

/**
 * MurmurHash3_x86_32 of the key's UTF-8 bytes, as a signed number of 32 bits (V8 keeps those without a box; `>>> 0`
 * makes it the unsigned number of the literature).
 * Source: Austin Appleby, https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp (public domain).
 * Keys of ASCII characters, the usual ones, are read from the string without a copy of their bytes.
 */
export function murmur3(key: string, seed = 0): number {
  const length = key.length
  const whole = length & ~3
  let seen = 0
  let h = seed | 0
  for (let i = 0; i < whole; i += 4) {
    const a = key.charCodeAt(i)
    const b = key.charCodeAt(i + 1)
    const c = key.charCodeAt(i + 2)
    const d = key.charCodeAt(i + 3)
    seen |= a | b | c | d
    h = step(h, scramble(a | (b << 8) | (c << 16) | (d << 24)))
  }
  let tail = 0
  for (let i = whole; i < length; i++) {
    const code = key.charCodeAt(i)
    seen |= code
    tail |= code << ((i & 3) * 8)
  }
  return seen > 127 ? murmur3OfBytes(Buffer.from(key, 'utf8'), seed) : mix32(h ^ scramble(tail) ^ length)
}

/**
 * The same with two seeds at once, in half the time of two calls.
 * @param into gets the hash with the first seed, and that with the second
 */
export function murmur3Twice(key: string, first: number, second: number, into: Int32Array): void {
  const length = key.length
  const whole = length & ~3
  let seen = 0
  let g = first | 0
  let h = second | 0
  for (let i = 0; i < whole; i += 4) {
    const a = key.charCodeAt(i)
    const b = key.charCodeAt(i + 1)
    const c = key.charCodeAt(i + 2)
    const d = key.charCodeAt(i + 3)
    seen |= a | b | c | d
    const k = scramble(a | (b << 8) | (c << 16) | (d << 24))
    g = step(g, k)
    h = step(h, k)
  }
  let tail = 0
  for (let i = whole; i < length; i++) {
    const code = key.charCodeAt(i)
    seen |= code
    tail |= code << ((i & 3) * 8)
  }
  const end = scramble(tail) ^ length
  into[0] = seen > 127 ? murmur3(key, first) : mix32(g ^ end)
  into[1] = seen > 127 ? murmur3(key, second) : mix32(h ^ end)
}

/** The same of bytes. */
export function murmur3OfBytes(bytes: Uint8Array, seed = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = bytes.length & ~3
  let h = seed | 0
  for (let i = 0; i < whole; i += 4) h = step(h, scramble(view.getInt32(i, true)))
  let tail = 0
  for (let i = whole; i < bytes.length; i++) tail |= (bytes[i] as number) << ((i & 3) * 8)
  return mix32(h ^ scramble(tail) ^ bytes.length)
}

/** Murmur3's finaliser (fmix32): one to one, and every bit of the input decides on every bit of the result. Signed. */
export function mix32(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** 0 for 0, so that a key without a tail needs no case of its own. */
function scramble(k: number): number {
  return Math.imul(rotl(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593)
}

function step(h: number, k: number): number {
  return (Math.imul(rotl(h ^ k, 13), 5) + 0xe6546b64) | 0
}

function rotl(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

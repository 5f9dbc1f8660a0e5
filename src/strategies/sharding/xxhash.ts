import load from 'xxhash-wasm'

const { h32, h32Raw } = await load()

/**
 * XXH32 of the key's UTF-8 bytes, signed.
 * Source: Y. Collet, https://github.com/Cyan4973/xxHash; in WebAssembly by the package xxhash-wasm.
 */
export function xxhash(key: string, seed = 0): number {
  return h32(key, seed) | 0
}

/** The same of bytes. */
export function xxhashOfBytes(bytes: Uint8Array, seed = 0): number {
  return h32Raw(bytes, seed) | 0
}

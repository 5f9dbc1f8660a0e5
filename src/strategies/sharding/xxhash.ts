import load from 'xxhash-wasm'

const { h32 } = await load()

/**
 * XXH32 of the key's UTF-8 bytes, signed.
 * Source: Y. Collet, https://github.com/Cyan4973/xxHash; in WebAssembly by the package xxhash-wasm.
 */
export function xxhash(key: string, seed = 0): number {
  return h32(key, seed) | 0
}

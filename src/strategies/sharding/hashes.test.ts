import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fnv1a, fnv1a64 } from './fnv1a.js'
import { keyHash } from './key-hash.js'
import { md5 } from './md5.js'
import { murmur3, murmur3OfBytes, murmur3Twice } from './murmur3.js'
import { HASH_NAMES } from './port.js'
import { xxhash } from './xxhash.js'

const FOX = 'The quick brown fox jumps over the lazy dog'

/**
 * SMHasher's VerificationTest (https://github.com/aappleby/smhasher, KeysetTest.cpp): the keys {}, {0}, {0, 1} ... with
 * seeds 256, 255 ..., and the hash of all their hashes.
 */
function verification(hash: (bytes: Uint8Array, seed: number) => number): number {
  const key = Uint8Array.from({ length: 256 }, (_, i) => i)
  const hashes = Buffer.alloc(1024)
  for (let i = 0; i < 256; i++) hashes.writeInt32LE(hash(key.subarray(0, i), 256 - i), i * 4)
  return hash(hashes, 0) >>> 0
}

describe('murmur3', () => {
  it("has SMHasher's verification value", () => {
    expect(verification(murmur3OfBytes)).toBe(0xb0f57ee3)
  })

  // Vectors of many ports: https://stackoverflow.com/questions/14747343/murmurhash3-test-vectors
  it.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['aa', 0x9747b28c, 0x5d211726],
    ['a', 0x9747b28c, 0x7fa09ea6],
    ['abcd', 0x9747b28c, 0xf0478627],
    ['abc', 0x9747b28c, 0xc84a62dd],
    ['ab', 0x9747b28c, 0x74875592],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['ππππππππ', 0x9747b28c, 0xd58063c1],
    [FOX, 0x9747b28c, 0x2fa826cd],
  ])('of "%s" with seed %i', (key, seed, expected) => {
    expect(murmur3(key, seed) >>> 0).toBe(expected)
  })

  it('is that of the UTF-8 bytes, with two seeds at once as well', () => {
    const both = new Int32Array(2)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.integer(), fc.integer(), (key, first, second) => {
        const bytes = Buffer.from(key, 'utf8')
        murmur3Twice(key, first, second, both)
        expect([murmur3(key, first), ...both]).toEqual([
          murmur3OfBytes(bytes, first),
          murmur3OfBytes(bytes, first),
          murmur3OfBytes(bytes, second),
        ])
      }),
    )
  })
})

describe('xxHash', () => {
  // XXH32: the reference's own sanity check of the empty key (xxhsum.c), and the vectors of xxHash-Swift.
  it.each([
    ['', 0, 0x02cc5d05],
    ['', 0x9e3779b1, 0x36b78ae7],
    ['1', 0, 0xb6ecc8b2],
    ['1234', 0, 0x01543429],
    ['123456789', 0, 0x937bad67],
    ['123456789ABCDEF', 0, 0x576e3cf9],
  ])('of "%s" with seed %i', (key, seed, expected) => {
    expect(xxhash(key, seed) >>> 0).toBe(expected)
  })
})

describe('FNV-1a', () => {
  // http://www.isthe.com/chongo/src/fnv/test_fnv.c
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['b', 0xe70c2de5],
    ['fo', 0x6222e842],
    ['foo', 0xa9f37ed7],
    ['foob', 0x3f5076ef],
    ['fooba', 0x39aaa18a],
    ['foobar', 0xbf9cf968],
  ])('of "%s", 32 bits', (key, expected) => {
    expect(fnv1a(key) >>> 0).toBe(expected)
  })

  it.each([
    ['', 0xcbf29ce484222325n],
    ['a', 0xaf63dc4c8601ec8cn],
    ['foobar', 0x85944171f73967e8n],
  ])('of "%s", 64 bits', (key, expected) => {
    const { high, low } = fnv1a64(key)
    expect((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toBe(expected)
  })

  // libmemcached, test/fixtures/hashes.hpp, fnv1a_32.
  it.each([
    ['apple', 280767167],
    ['mushrooms', 3654473228],
    [FOX, 76545936],
  ])('of "%s", as libmemcached has it', (key, expected) => {
    expect(fnv1a(key) >>> 0).toBe(expected)
  })

  it('is that of the UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        let h = 0x811c9dc5n
        let long = 0xcbf29ce484222325n
        for (const byte of Buffer.from(key, 'utf8')) {
          h = ((h ^ BigInt(byte)) * 0x01000193n) % 2n ** 32n
          long = ((long ^ BigInt(byte)) * 0x100000001b3n) % 2n ** 64n
        }
        const { high, low } = fnv1a64(key)
        expect([fnv1a(key) >>> 0, high >>> 0, low >>> 0].map(BigInt)).toEqual([h, long >> 32n, long % 2n ** 32n])
      }),
    )
  })
})

describe('MD5', () => {
  // RFC 1321, A.5
  it.each([
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['a', '0cc175b9c0f1b6a831c399e269772661'],
    ['abc', '900150983cd24fb0d6963f7d28e17f72'],
    ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ])('of "%s"', (key, expected) => {
    const bytes = Buffer.alloc(16)
    md5(key).forEach((word, i) => {
      bytes.writeInt32LE(word, i * 4)
    })
    expect(bytes.toString('hex')).toBe(expected)
  })

  // libmemcached, test/fixtures/hashes.hpp, md5.
  it.each([
    ['apple', 3195025439],
    ['zip', 2042482093],
    [FOX, 2642219166],
  ])('of "%s", as libmemcached reads it', (key, expected) => {
    expect(md5(key)[0] >>> 0).toBe(expected)
  })
})

describe.each(HASH_NAMES)('the halves of %s', (name) => {
  const { low, halves } = keyHash(name)

  it('are numbers of 32 signed bits, the lower one being `low`', () => {
    const half = new Int32Array(2)
    fc.assert(
      fc.property(fc.string(), (key) => {
        halves(key, half)
        expect(half[0]).toBe(low(key))
        expect(Number.isInteger(low(key)) && low(key) === (low(key) | 0)).toBe(true)
      }),
    )
  })

  it('are even and independent of each other: 4,096 cells of 40,000 numbered keys look like chance', () => {
    const cells = new Float64Array(4_096)
    const half = new Int32Array(2)
    for (let i = 0; i < 40_000; i++) {
      halves(`user-${String(i).padStart(6, '0')}`, half)
      const cell = (((half[0] ?? 0) >>> 26) << 6) | ((half[1] ?? 0) >>> 26)
      cells[cell] = (cells[cell] ?? 0) + 1
    }
    const mean = 40_000 / 4_096
    const chiSquare = cells.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0)
    // Mean 4,095, standard deviation sqrt(2 * 4,095) = 90.
    expect(Math.abs(chiSquare - 4_095)).toBeLessThan(5 * 90.5)
  })
})

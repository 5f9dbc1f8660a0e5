import { describe, expect, it } from 'vitest'
import { jump, jumpHash } from './jump.js'
import { DEFAULT_SCHEME_OPTIONS } from './registry.js'

function bucketOf(key: bigint, buckets: number): number {
  return jumpHash(Number(BigInt.asIntN(32, key >> 32n)), Number(BigInt.asIntN(32, key)), buckets)
}

describe('jump', () => {
  // github.com/dgryski/go-jump, jump_test.go: generated from the paper's own code; buckets 1, 2, 3 ...
  it.each([
    [0n, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    [1n, [0, 0, 0, 0, 0, 0, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 17, 17]],
    [0xdeadbeefn, [0, 1, 2, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 16, 16, 16]],
    [0x0ddc0ffeebadf00dn, [0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 15, 15, 15, 15]],
  ])('key %s', (key, buckets) => {
    expect(buckets.map((_, i) => bucketOf(key, i + 1))).toEqual(buckets)
  })

  // ClickHouse's tests of jumpConsistentHash, and the Python package jump-consistent-hash.
  it.each([
    [42n, 57, 43],
    [256n, 1_024, 520],
    [3_735_883_980n, 666, 361],
  ])('key %s of %i buckets', (key, buckets, bucket) => {
    expect(bucketOf(key, buckets)).toBe(bucket)
  })

  it('is the loop of the paper, in BigInt, for keys that carry from half to half', () => {
    let key = 0xffff_ffff_0000_0001n
    for (let i = 0; i < 3_000; i++) {
      key = BigInt.asUintN(64, key * 6_364_136_223_846_793_005n + 0x7fff_ffff_ffff_ffffn)
      const buckets = 1 + (i % 1_000)
      expect(bucketOf(key, buckets)).toBe(paper(key, buckets))
    }
  })

  it('says which shard stands in the way when one leaves from the middle or comes there', () => {
    const shards = ['a', 'b', 'c'].map((id) => ({ id, weight: 1 }))
    const [a, b, c] = shards as [(typeof shards)[0], (typeof shards)[0], (typeof shards)[0]]
    const before = { shards, placement: jump.place(shards, DEFAULT_SCHEME_OPTIONS) }
    expect(() => jump.place([a, c], DEFAULT_SCHEME_OPTIONS, before)).toThrow('b cannot leave before c')
    expect(() => jump.place([b, a, c], DEFAULT_SCHEME_OPTIONS, before)).toThrow('a must stay number 1')
    expect(() => jump.place([a, b], DEFAULT_SCHEME_OPTIONS, before)).not.toThrow()
    expect(() => jump.place([a, b, c, { id: 'd', weight: 1 }], DEFAULT_SCHEME_OPTIONS, before)).not.toThrow()
  })
})

/** Figure 1 of the paper. */
function paper(start: bigint, buckets: number): number {
  let key = start
  let bucket = -1
  let next = 0
  while (next < buckets) {
    bucket = next
    key = BigInt.asUintN(64, key * 2_862_933_555_777_941_757n + 1n)
    next = Math.floor((bucket + 1) * (2 ** 31 / (Number(key >> 33n) + 1)))
  }
  return bucket
}

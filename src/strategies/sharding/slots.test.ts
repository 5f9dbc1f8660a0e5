import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc16, hashTag, slotOf } from './slots.js'

describe('slots of Redis Cluster', () => {
  // "123456789" is in appendix A of the specification; the first three slots are those of the page on
  // CLUSTER KEYSLOT, the others those of redirections in the Redis cluster tutorial and by redis-cli.
  it.each([
    ['123456789', 0x31c3],
    ['', 0],
  ])('CRC16 of "%s" is %i', (key, crc) => {
    expect(crc16(key)).toBe(crc)
  })

  it.each([
    ['somekey', 11_058],
    ['foo{hash_tag}', 2_515],
    ['bar{hash_tag}', 2_515],
    ['foo', 12_182],
    ['bar', 5_061],
    ['hello', 866],
  ])('slot of "%s" is %i', (key, slot) => {
    expect(slotOf(key)).toBe(slot)
  })

  // The examples of the specification, "Hash tags".
  it.each([
    ['{user1000}.following', 'user1000'],
    ['{user1000}.followers', 'user1000'],
    ['foo{}{bar}', 'foo{}{bar}'],
    ['foo{{bar}}zap', '{bar'],
    ['foo{bar}{zap}', 'bar'],
    ['foo{bar', 'foo{bar'],
    ['foo}bar{', 'foo}bar{'],
    ['plain', 'plain'],
  ])('what counts of "%s" is "%s"', (key, tag) => {
    expect(hashTag(key)).toBe(tag)
  })

  it('is the remainder of the UTF-8 bytes, taken bit by bit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        expect(crc16(key)).toBe(bitwise(Buffer.from(key, 'utf8')))
      }),
    )
  })
})

/** Bit by bit, as the polynomial says. */
function bitwise(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const out = ((crc >> 15) ^ (byte >> bit)) & 1
      crc = ((crc << 1) & 0xffff) ^ (out ? 0x1021 : 0)
    }
  }
  return crc
}

import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressBytes, isPrivateAddress } from './ip-address.js'

describe('addresses', () => {
  it.each([
    ['192.0.2.7', [192, 0, 2, 7]],
    ['::ffff:192.0.2.7', [192, 0, 2, 7]],
    ['::1', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ['2001:db8::a:0:1', [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0, 0, 0, 1]],
    ['fe80::1%eth0', [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ['1.2.3', undefined],
    ['1.2.3.256', undefined],
    ['0.0.00.0', undefined],
    ['1::2::3', undefined],
    ['1:2:3', undefined],
    ['12345::', undefined],
    ['', undefined],
    ['unknown', undefined],
  ])('%s is %j', (text, bytes) => {
    expect(addressBytes(text)).toEqual(bytes)
  })

  it('knows an address from other text as the operating system does', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: fc.constantFrom(...'0123.:abf') })), (text) => {
        expect(addressBytes(text) !== undefined).toBe(isIP(text) !== 0)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['127.0.0.1', true],
    ['::1', true],
    ['::ffff:10.1.2.3', true],
    ['172.16.0.1', true],
    ['172.32.0.1', false],
    ['192.168.3.4', true],
    ['169.254.0.1', true],
    ['fd00::1', true],
    ['fe80::1', true],
    ['2001:db8::1', false],
    ['8.8.8.8', false],
    ['nobody', false],
  ])('%s is private: %s', (text, expected) => {
    expect(isPrivateAddress(text)).toBe(expected)
  })
})

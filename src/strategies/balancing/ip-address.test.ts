import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressBytes, addressText, isPrivateAddress } from './ip-address.js'

describe('addresses', () => {
  it.each([
    ['192.0.2.7', [192, 0, 2, 7]],
    ['::ffff:192.0.2.7', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7]],
    ['::1', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ['2001:db8::a:0:1', [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0, 0, 0, 1]],
    ['fe80::1%eth0', undefined],
    ['010.0..1', [10, 0, 0, 1]],
    ['255.255.255.255', undefined],
    ['1.2.3', undefined],
    ['1.2.3.256', undefined],
    ['1::2::3', undefined],
    ['1:2:3', undefined],
    ['12345::', undefined],
    ['', undefined],
    ['unknown', undefined],
  ])('%s is %j', (text, bytes) => {
    expect(addressBytes(text)).toEqual(bytes)
  })

  it('are read as the operating system does, and written in their usual form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        fc.pre(text !== '255.255.255.255')
        const bytes = addressBytes(text)
        // nginx takes no :: for a single zero at the end.
        fc.pre(bytes !== undefined || !/^([^:]+:){7}:$/.test(text))
        if (bytes === undefined) throw new Error(`${text} is an address`)
        const written = addressText(bytes)
        expect(isIP(written)).toBe(isIP(text))
        expect(addressBytes(written)).toEqual(bytes)
        const usual = isIP(text) === 6 ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text
        if (!written.includes('.')) expect(written).toBe(usual)
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

import { describe, expect, it } from 'vitest'
import { lsnDistance, parseLsn } from './lsn.js'

describe('WAL positions', () => {
  it.each([
    ['0/0', 0n],
    ['0/16B3748', 0x16b3748n],
    ['1/0', 1n << 32n],
    ['16/B374D848', 0x16b374d848n],
    ['FFFFFFFF/FFFFFFFF', (1n << 64n) - 1n],
  ])('%s is byte %s', (text, position) => {
    expect(parseLsn(text)).toBe(position)
  })

  it.each(['', '0', '0/', '/0', '0/G', '0/123456789', '0/0 '])('"%s" is none', (text) => {
    expect(() => parseLsn(text)).toThrow('not a WAL position')
  })

  it('are apart by bytes', () => {
    expect(lsnDistance('0/FFFFFFFF', '1/0')).toBe(1)
    expect(lsnDistance('1/0', '0/FFFFFFFE')).toBe(-2)
  })
})

import { expect, it } from 'vitest'
import { parseLsn } from './lsn.js'

it.each([
  ['0/0', 0n],
  ['0/16B3748', 0x16b3748n],
  ['0/ffffffff', 0xffffffffn],
  ['1/0', 1n << 32n],
  ['16/B374D848', 0x16b374d848n],
  ['FFFFFFFF/FFFFFFFF', (1n << 64n) - 1n],
])('%s is byte %s', (text, position) => expect(parseLsn(text)).toBe(position))

it.each(['', '0', '/', '0/', '/0', '0/G', '0/123456789', '-1/0', '0/1 '])('"%s" is no position', (text) =>
  expect(parseLsn(text)).toBeUndefined(),
)

import { expect, it } from 'vitest'
import { parseLsn } from './lsn.js'

it.each([
  ['0/0', 0],
  ['0/1A2B3C4', 0x1a2b3c4],
  ['0/ffffffff', 0xffffffff],
  ['1/0', 2 ** 32],
  ['16/B374D848', 0x16 * 2 ** 32 + 0xb374d848],
])('reads %s as %i bytes', (text, bytes) => expect(parseLsn(text)).toBe(bytes))

it.each(['', '0', '/', '0/', '0/G', '0/123456789', '-1/0', '0/1 '])('finds no position in "%s"', (text) =>
  expect(parseLsn(text)).toBeUndefined(),
)

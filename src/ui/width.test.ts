import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { displayWidth, oneLine, padEnd, padStart, truncate, wrap } from './width.js'

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc
    .array(fc.constantFrom('日本', 'e\u0301', '👩‍👩‍👧', '🇪🇸', 'api-1', ' ', '▅', '한', 'ｗｉｄｅ'), { maxLength: 20 })
    .map((parts) => parts.join('')),
)

describe('displayWidth', () => {
  it.each([
    ['', 0],
    ['api-1', 5],
    ['▅█━·…', 5],
    ['日本', 4],
    ['ｗ', 2],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['🇪🇸', 2],
    ['❤️', 2],
    ['a\u200bb', 2],
  ])('%j takes %i cells', (value, cells) => {
    expect(displayWidth(value)).toBe(cells)
  })
})

describe('truncate', () => {
  it('leaves alone what fits and marks what it cuts', () => {
    expect(truncate('replica', 7)).toBe('replica')
    expect(truncate('replica', 4)).toBe('rep…')
    expect(truncate('日本語', 4)).toBe('日…')
    expect(truncate('replica', 5, '...')).toBe('re...')
    expect(truncate('replica', 2, '...')).toBe('..')
  })

  it('never gives more cells than asked for, padding gives as many', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 30 }), (value, width) => {
        expect(displayWidth(truncate(value, width))).toBeLessThanOrEqual(width)
        expect(displayWidth(padEnd(value, width))).toBe(width)
        expect(displayWidth(padStart(value, width))).toBe(width)
      }),
    )
  })
})

describe('wrap', () => {
  it('takes time by the length of a word', () => {
    const word = 'a\u0301\u{1f600}'.repeat(20_000)
    expect(wrap(word, 10).join('')).toBe(word)
  })

  it('breaks between words, and within those that are too long', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
    expect(wrap('abcdefgh ij', 3)).toEqual(['abc', 'def', 'gh', 'ij'])
    expect(wrap('', 5)).toEqual([''])
  })

  it('keeps every character and the width', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 30 }), (value, width) => {
        const lines = wrap(value, width)
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width)
        expect(lines.join('').replace(/\s/g, '')).toBe(value.replace(/\s/g, ''))
      }),
    )
  })
})

describe('oneLine', () => {
  it.each([
    ['\x1b[31mred\x1b[0m', 'red'],
    ['\x1b]0;title\x07text', 'text'],
    ['a\r\n\tb', 'a b'],
    ['bell\x07 and \x1b[2Jclear', 'bell and clear'],
    ['right\u202eleft', 'rightleft'],
    ['  trimmed ', 'trimmed'],
  ])('%j becomes %j', (value, expected) => {
    expect(oneLine(value)).toBe(expected)
  })

  it('leaves no control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (value) => {
        expect(oneLine(value)).not.toMatch(/\p{Cc}/u)
      }),
    )
  })
})

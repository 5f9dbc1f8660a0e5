import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boldWidth, coordinate, cutText, el, escapeText, text, textWidth } from './svg.js'

describe('svg', () => {
  it('writes elements with short numbers and without what is undefined', () => {
    expect(el('rect', { x: 1.26, y: -0.01, class: undefined, rx: '6' })).toBe('<rect x="1.3" y="0" rx="6"/>')
    expect(el('g', {}, el('path', { d: 'M0 0' }))).toBe('<g><path d="M0 0"/></g>')
  })

  it('escapes texts and attributes', () => {
    expect(text('a < b & c', { x: 0, y: 0 })).toBe('<text x="0" y="0">a &lt; b &amp; c</text>')
    expect(el('a', { title: '"x"' })).toBe('<a title="&quot;x&quot;"/>')
    expect(escapeText('<&>"')).toBe('&lt;&amp;&gt;&quot;')
  })

  it.each([
    [1.04, '1'],
    [1.05, '1.1'],
    [-0.04, '0'],
    [100, '100'],
  ])('rounds %d to %s', (value, written) => {
    expect(coordinate(value)).toBe(written)
  })

  it('cuts texts to a width, and only those that need it', () => {
    expect(cutText('api-1', 200)).toBe('api-1')
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 80 }), fc.integer({ min: 40, max: 300 }), (words, width) => {
        const cut = cutText(words, width)
        expect(textWidth(cut)).toBeLessThanOrEqual(width)
        if (textWidth(words) <= width) expect(cut).toBe(words)
        else expect(words.startsWith(cut.slice(0, -1))).toBe(true)
      }),
    )
    expect(boldWidth('api')).toBeGreaterThan(textWidth('api'))
  })
})

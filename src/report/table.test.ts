import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plain, table } from './table.js'

describe('table', () => {
  it('pads its columns and aligns numbers to the right', () => {
    const text = table(
      [{ title: 'Run' }, { title: 'Rate', align: 'right' }],
      [
        ['single', '499'],
        ['lb-3', '1,472'],
      ],
    )
    expect(text.split('\n')).toEqual([
      '| Run    |  Rate |',
      '| ------ | ----: |',
      '| single |   499 |',
      '| lb-3   | 1,472 |',
    ])
  })

  it('keeps its shape whatever the cells hold', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 5 }), (rows) => {
        const lines = table([{ title: 'a' }, { title: 'b' }], rows).split('\n')
        expect(lines).toHaveLength(rows.length + 2)
        for (const line of lines) expect(line.replaceAll('\\|', '').split('|')).toHaveLength(4)
      }),
    )
  })
})

describe('plain', () => {
  it.each([
    ['two\n lines', 'two lines'],
    ['a <b>', 'a &lt;b>'],
    ['</b><!-- -->', '&lt;/b>&lt;!-- -->'],
    ['p < 0.001', 'p < 0.001'],
    ['  x ', 'x'],
  ])('makes %j one line without HTML: %j', (text, expected) => {
    expect(plain(text)).toBe(expected)
  })
})

import { describe, expect, it } from 'vitest'
import { renderAnswer } from './database-answer.js'

const LOOK = { colour: false, width: 40 }

describe('rows of a database', () => {
  it('are shown as they came: equal names, NULL, spaces, what does not show', () => {
    const rows = [
      ['11', '22', 'a  b'],
      [null, '', 'tab\there \u202e\u001b[31m\u009b2J'],
    ]
    const shown = renderAnswer({ columns: ['id', 'id', 'x'], rows, count: 2 }, { ...LOOK, width: 60 })
    expect(shown.split('\n')).toEqual([
      'id    id  x',
      '─'.repeat(44),
      '11    22  a  b',
      'NULL      tab\\there \\u202e\\u001b[31m\\u009b2J',
    ])
  })

  it('become blocks where they are wider than the terminal, long values cut with a word', () => {
    const shown = renderAnswer({ columns: ['a', 'bcd'], rows: [['1', 'x'.repeat(2_001)]], count: 1 }, LOOK)
    expect(shown).toBe(`row 1\na    1\nbcd  ${'x'.repeat(2_000)} ... (2,001 characters in all)`)
  })

  it('say how many are not shown', () => {
    const rows = Array.from({ length: 1_200 }, (_, i) => [String(i)])
    expect(renderAnswer({ columns: ['n'], rows, count: 5_000 }, LOOK)).toMatch(
      /\n999\n\n\.\.\. and 4,000 more rows of 5,000$/,
    )
  })
})

import { describe, expect, it } from 'vitest'
import { renderTables } from './csv.js'
import { type Column, table } from './table.js'

const csv = (columns: readonly Column[], rows: readonly (readonly string[])[]): string | undefined =>
  Object.values(renderTables({ markdown: `# A\n\n${table(columns, rows)}\n`, charts: {} }))[0]
const column = (title: string, cells: readonly string[]): string[] =>
  csv(
    [{ title: 'n' }, { title }],
    cells.map((cell) => ['x', cell]),
  )
    ?.trimEnd()
    .split('\r\n')
    .map((line) => line.replace(/^[nx],/, '')) ?? []

describe('renderTables', () => {
  it('names tables by number and heading', () => {
    const one = table([{ title: 'a' }], [['1']])
    const markdown = `# T\n\n## What & why?\n\n${one}\n\n${one}\n\n### Größe\n\n${one}\n`
    expect(Object.keys(renderTables({ markdown, charts: {} }))).toEqual([
      '01-what-why.csv',
      '02-what-why.csv',
      '03-gr-e.csv',
    ])
    expect(renderTables({ markdown: 'no table', charts: {} })).toEqual({})
  })

  it.each([
    ['p99', ['40.2 ms', '-', '1,447 ms'], ['p99 (ms)', '40.2', '', '1447']],
    ['Rate', ['1,447', '0.34', '1.5e-7'], ['Rate', '1447', '0.34', '1.5e-7']],
    ['Share', ['0.3 %', '100.0 %'], ['Share (%)', '0.3', '100.0']],
    ['Ratio', ['2.91x', '-'], ['Ratio (x)', '2.91', '']],
    ['Change', ['-3.2 %', '+4 %'], ['Change (%)', '-3.2', '4']],
    ['p99 (ms)', ['40.2 ms'], ['p99 (ms)', '40.2']],
    ['Age ms: p50', ['2 ms', '3 ms'], ['Age ms: p50', '2', '3']],
  ])('makes numbers of column %j where all are of one unit', (title, cells, expected) => {
    expect(column(title, cells)).toEqual(expected)
  })

  it.each([
    ['units that differ', ['850 ms', '12.0 s']],
    ['words among numbers', ['40.2 ms', 'not measured']],
    ['what only begins like a number', ['2 min 05 s', '3 of 5', '1.2.3', '< 0.001', '10:15']],
  ])('leaves text as it is: %s', (_, cells) => {
    expect(column('Value', cells)).toEqual(['Value', ...cells])
  })

  it('leaves out what marks up, and quotes what needs it', () => {
    expect(column('A', ['**fail**', '`x`', '[lb-3](../report.md)', 'a|b'])).toEqual(['A', 'fail', 'x', 'lb-3', 'a|b'])
    expect(column('A', ['a, b', 'say "no"', '<b>'])).toEqual(['A', '"a, b"', '"say ""no"""', '<b>'])
  })

  it('lets no text from outside run as a formula, and no number become text', () => {
    expect(column('=A', ['=1+1', '@SUM(A1)', '+cmd', '-cmd|x', '-'])).toEqual([
      "'=A",
      "'=1+1",
      "'@SUM(A1)",
      "'+cmd",
      "'-cmd|x",
      '',
    ])
    expect(column('A', ['-3', 'x'])).toEqual(['A', '-3', 'x'])
  })
})

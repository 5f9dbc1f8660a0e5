import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LabError } from '../core/errors.js'
import { parseScalingData, readScalingData } from './scaling-data.js'

const ROWS = [
  { n: 1, x: 498 },
  { n: 2, x: 951.5 },
]

function failure(text: string): LabError {
  try {
    parseScalingData(text, 'data.csv')
  } catch (error) {
    if (error instanceof LabError) return error
    throw error
  }
  throw new Error('it was read')
}

describe('parseScalingData', () => {
  it.each([
    ['no header', '1,498\n2,951.5\n'],
    ['a header', 'n,x\n1,498\n2,951.5\n'],
    ['another order', 'x,n\n498,1\n951.5,2\n'],
    ['more columns', 'host;N;errors;X\na;1;0;498\nb;2;0;951.5\n'],
    ['tabs', 'n\tx\n1\t498\n2\t951.5'],
    ['spaces', '  n    x\n  1  498\n  2  951.5\n'],
    ['quotes, and spaces around', '"n", "x"\r\n "1" , 498\r\n2, "951.5"\r\n'],
    ['comments and empty lines', '# replicas, requests/s\n\nn,x\n1,498 # warm\n#1,1\n2,951.5\n\n'],
    ['a byte order mark', '\ufeffn,x\n1,498\n2,951.5\n'],
    ['other ways to write numbers', '1e0,4.98e2\n+2,951.50'],
    ['a quoted field with the separator', '"n","x","note"\n1,498,"cold, first"\n2,951.5,"warm"\n'],
    ['a quoted field with a number sign', '"n","note","x"\n1,"run #1",498\n2,"run #2",951.5\n'],
    ['a doubled quote', '"n","x","note"\n1,498,"the ""cold"", one"\n2,951.5,"warm"\n'],
    ['a quoted field with a line break, and an empty one', 'n,note,x\r\n1,"two\r\nlines",498\r\n2,"",951.5\r\n'],
    ['a quoted header with other separators', '"a;b","n","x"\n1,1,498\n1,2,951.5\n'],
    ['a comment with a quote', '# the "cold one\nn,x\n1,498 # it\'s "warm\n2,951.5\n'],
    ['decimal commas', 'n;x\n1;498\n2;951,5\n'],
    ['decimal commas between quotes', 'n,x\n1,"498,0"\n2,"951,5"\n'],
    ['decimal commas and points of thousands', 'n;x;y\n1;498;1.000\n2;951,5;2.000\n'],
    ['quotes between spaces', '"n"  "x"   "note"\n 1   498   "as  it is"\n 2   951.5 ""\n'],
    ['line ends of an old Mac', 'n,x\r1,498\r2,951.5\r'],
  ])('reads %s', (_, text) => {
    expect(parseScalingData(text, 'data.csv')).toEqual(ROWS)
  })

  it('keeps repeats, in their order', () => {
    expect(parseScalingData('1,10\n1,9\n', 'data.csv')).toEqual([
      { n: 1, x: 10 },
      { n: 1, x: 9 },
    ])
  })

  it.each([
    ['', 'data.csv holds no measurements'],
    ['# nothing\n\n', 'data.csv holds no measurements'],
    ['n,x\n', 'data.csv has a header and no measurements'],
    ['n,x\n1,498\n\n2,fast\n', 'data.csv, line 4: x is no number: "fast"'],
    ['# a\n1,498\ntwo,951\n', 'data.csv, line 3: n is no number: "two"'],
    ['1,498\n2,\n', 'data.csv, line 2: x is missing'],
    ['1,498\n2,-951\n', 'data.csv, line 2: x is -951, and must be above 0'],
    ['0,498\n', 'data.csv, line 1: n is 0, and must be above 0'],
    ['1,498\n2,1e308\n', 'data.csv, line 2: x is 1e308, and must be from 1e-15 to 1000000000000000'],
    ['1e200,498\n', 'data.csv, line 1: n is 1e200, and must be from 1e-15 to 1000000000'],
    ['1,Infinity\n2,3\n', 'data.csv, line 1: x is no number: "Infinity"'],
    ['1,498\n2,1,951\n', 'data.csv, line 2: 3 columns, and 2 in line 1'],
    ['1,498\n2\n', 'data.csv, line 2: 1 column, and 2 in line 1'],
    ['498\n951\n', 'data.csv, line 1: one column, and two are needed'],
    ['1,498,0\n2,951,0\n', 'data.csv, line 1: 3 columns, and no header that says which of them are n and x'],
    ['threads,tps\n1,498\n', 'data.csv, line 1: no column is called n; there are: threads, tps'],
    ['n,x,x\n1,2,3\n', 'data.csv, line 1: more than one column is called x; there are: n, x, x'],
    ['1;1,498\n2;2,951\n', 'data.csv, line 1: x is "1,498", whose comma may be of decimals or of thousands'],
    ['1;498,5\n2;951.5\n', 'data.csv, line 1: x is "498,5", whose comma may be of decimals or of thousands'],
    ['1;1.498.2\n', 'data.csv, line 1: x is no number: "1.498.2"'],
    ['1,0x10\n', 'data.csv, line 1: x is no number: "0x10"'],
    ['n,x\n1,"498\n2,951\n', 'data.csv, line 3: a double quote is never closed'],
    ['n,x\n1,4"98\n', 'data.csv, line 2: a double quote within a value that does not begin with one'],
    ['n,x\n1,"4"98\n', 'data.csv, line 2: text follows a closing double quote'],
    [`${'1,2\n'.repeat(501)}`, 'data.csv has 501 rows, more than 500'],
  ])('says what is wrong with %j', (text, message) => {
    expect(failure(text)).toMatchObject({ message, exitCode: 2 })
  })

  it('reads whatever a writer of RFC 4180 may put into another column', () => {
    const separator = fc.constantFrom(',', ';', '\t')
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 2 }),
        separator,
        (notes, between) => {
          const quoted = notes.map((note) => `"${note.replaceAll('"', '""')}"`)
          const lines = [
            ['"n"', '"note"', '"x"'],
            ['1', quoted[0], '498'],
            ['2', quoted[1], '"951.5"'],
          ]
          const text = lines.map((line) => `${line.join(between)}\r\n`).join('')
          expect(parseScalingData(text, 'data.csv')).toEqual(ROWS)
        },
      ),
    )
  })

  it('reads thousands where another number tells them from decimals', () => {
    expect(parseScalingData('1;1,498\n2;2,951.5\n', 'data.csv').map(({ x }) => x)).toEqual([1_498, 2_951.5])
    expect(parseScalingData('1;1.498,0\n2;2.951\n', 'data.csv').map(({ x }) => x)).toEqual([1_498, 2_951])
    expect(parseScalingData('1;1,498\n2;0,951\n', 'data.csv').map(({ x }) => x)).toEqual([1.498, 0.951])
  })
})

describe('readScalingData', () => {
  it.each([
    ['/nowhere/data.csv', 'there is no file /nowhere/data.csv'],
    ['/', '/ is a folder, not a file of measurements'],
  ])('refuses %s', async (path, message) => {
    await expect(readScalingData(path)).rejects.toMatchObject({ message, exitCode: 2 })
  })
})

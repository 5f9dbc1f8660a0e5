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
    ['1,Infinity\n2,3\n', 'data.csv, line 1: x is no number: "Infinity"'],
    ['1,498\n2,1,951\n', 'data.csv, line 2: 3 columns, and 2 in line 1'],
    ['1,498\n2\n', 'data.csv, line 2: 1 column, and 2 in line 1'],
    ['498\n951\n', 'data.csv, line 1: one column, and two are needed'],
    ['1,498,0\n2,951,0\n', 'data.csv, line 1: 3 columns, and no header that says which of them are n and x'],
    ['threads,tps\n1,498\n', 'data.csv, line 1: no column is called n; there are: threads, tps'],
    ['n,x,x\n1,2,3\n', 'data.csv, line 1: more than one column is called x; there are: n, x, x'],
    ['1;498,5\n', 'data.csv, line 1: x is no number: "498,5"'],
    [`${'1,2\n'.repeat(501)}`, 'data.csv has 501 rows, more than 500'],
  ])('says what is wrong with %j', (text, message) => {
    expect(failure(text)).toMatchObject({ message, exitCode: 2 })
  })

  it('says how to write numbers that have a comma', () => {
    expect(failure('1,498\n2,1,951\n').hint).toBe('Write thousands without a comma, decimals with a point')
    expect(failure('1;498,5\n').hint).toBe('Write decimals with a point, and thousands without a comma')
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

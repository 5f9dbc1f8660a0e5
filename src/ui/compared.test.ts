import { describe, expect, it } from 'vitest'
import * as compared from '../report/testing/compared-records.js'
import { doubtful, lb3, single } from '../report/testing/records.js'
import { renderCompared } from './compared.js'
import { type CompareProgressState, compareFrame, createCompareProgress } from './progress/compare-progress.js'
import { renderScaling } from './scaling.js'
import { createLook } from './style.js'
import { displayWidth } from './width.js'

const widest = (text: string): number => Math.max(...text.split('\n').map(displayWidth))

describe.each([80, 120])('at %i columns', (width) => {
  const look = { colour: false, width }

  it.each([
    ['one against three', compared.oneAgainstThree()],
    ['alike', compared.alike()],
    ['in doubt', compared.inDoubt()],
    ['cut off', compared.cutOff()],
    ['against itself', compared.againstItself()],
  ])('a comparison fits: %s', (_, results) => {
    const text = renderCompared(results, look)
    expect(widest(text)).toBeLessThanOrEqual(width)
    expect(text).not.toMatch(/NaN|undefined|null|\[object/)
  })

  it('a scaling experiment fits', () => {
    const text = renderScaling(compared.scaled(2, [1, 2, 4]), look)
    expect(widest(text)).toBeLessThanOrEqual(width)
    expect(text).toMatch(/^n +capacity\/s +speed-up/)
  })
})

it('tells verdicts, reasons, voided runs and claims', () => {
  const plain = { colour: false, width: 120 }
  expect(renderCompared(compared.oneAgainstThree(), plain)).toMatch(/rps +\d.* 2\.\d+x .* better/)
  expect(renderCompared(compared.oneAgainstThree(), plain)).toMatch(/^FAIL +three instances answer ten times/m)
  const doubtful = renderCompared(compared.inDoubt(), plain)
  expect(doubtful).toContain('lb-3: 3 runs voided, host-limited')
  expect(doubtful).toContain('repl-2 could not run: PostgreSQL is not there')
})

it('shows of one block figures and ratios, and no verdict', () => {
  const results = compared.gathered([single(), lb3()])
  const text = renderCompared(results, { colour: false, width: 80 })
  expect(text).toMatch(/^figure +single +lb-3 +ratio$/m)
  expect(text).toMatch(/^achieved rate, requests\/s +499 +1,4\d\d +2\.\d+x$/m)
  expect(text).not.toMatch(/Jain/)
  expect(text).toContain('each was run once')
  expect(text).not.toMatch(/cannot tell|pair/)
})

it('says of one block which run cannot be relied on', () => {
  const text = renderCompared(compared.gathered([lb3(), doubtful()]), { colour: false, width: 80 })
  expect(text).toMatch(/^lb-3 #2: GENERATOR-LIMITED.*no verdict[\s\S]*\n! generator/m)
  expect(text).not.toMatch(/^lb-3 #1: /m)
})

const STATE: CompareProgressState = {
  running: { variant: 'lb-3', block: 2 },
  blocks: 10,
  done: 3,
  total: 20,
  leftMs: 185_000,
  figure: 'achieved rate, requests/s',
  variants: [
    { name: 'single', values: [500, 498], voided: 1, failure: null },
    { name: 'lb-3', values: [1_450], voided: 0, failure: null },
    { name: 'repl-2', values: [], voided: 0, failure: 'no PostgreSQL' },
  ],
}

describe('progress of a comparison', () => {
  it.each([80, 120])('says how far it is and what came in, without a verdict, at %i columns', (width) => {
    const lines = compareFrame(STATE, width - 1, createLook({ colour: false }))
    expect(Math.max(...lines.map(displayWidth))).toBeLessThan(width)
    expect(lines.join('\n')).toMatch(/run 4 of 20 +block 2 of 10 +lb-3/)
    expect(lines.join('\n')).toMatch(/single +498 .* 2 runs, 1 voided/)
    expect(lines.join('\n')).toContain('cannot run: no PostgreSQL')
    expect(lines.join('\n')).not.toMatch(/better|worse/)
  })

  it('writes a line a run where nothing can be drawn over, and draws over itself where it can', () => {
    const written: string[] = []
    const options = {
      write: (text: string) => written.push(text),
      look: createLook({ colour: false }),
      columns: () => 80,
    }
    const plain = createCompareProgress({ ...options, isTTY: false })
    plain.update(STATE)
    plain.update(STATE)
    plain.update({ ...STATE, done: 4 })
    plain.close()
    expect(written).toHaveLength(2)
    expect(written.join('')).not.toContain('\x1b')
    written.length = 0
    const live = createCompareProgress({ ...options, isTTY: true })
    live.update(STATE)
    live.update(STATE)
    live.close()
    expect(written.join('').split('\x1b[5A\x1b[0J')).toHaveLength(3)
  })
})

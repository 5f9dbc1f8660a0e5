import { stripVTControlCharacters } from 'node:util'
import { cleanup, render } from 'ink-testing-library'
import { afterEach, describe, expect, it } from 'vitest'
import { Dashboard } from './dashboard.js'
import { createLook } from './style.js'
import { madeUpRun } from './testing/snapshots.js'
import { displayWidth } from './width.js'

// Ink's test terminal is 100 cells wide: sizes beyond that are looked at in terminal.test.ts, in a real one.
afterEach(cleanup)

function mount(columns: number, rows: number, part = 0.5, onInterrupt = (): void => {}) {
  const run = madeUpRun()
  const snapshot = run[Math.round(part * (run.length - 1))]
  if (snapshot === undefined) throw new Error('no snapshot')
  const props = {
    columns,
    rows,
    look: createLook({ colour: true }),
    notice: null,
    onInterrupt,
    hasKeys: true,
    onUnmount: () => {},
  }
  const ink = render(<Dashboard {...props} snapshot={snapshot} />)
  return { ink, lines: () => (ink.lastFrame() ?? '').split('\n').map((line) => stripVTControlCharacters(line)) }
}

describe('Dashboard', () => {
  it.each([
    [100, 40],
    [80, 24],
    [60, 16],
    [40, 10],
    [20, 5],
    [3, 2],
  ])('fits %ix%i once Ink has laid it out', (columns, rows) => {
    for (const part of [0, 0.05, 0.5, 1]) {
      const { lines } = mount(columns, rows, part)
      expect(lines().length).toBeLessThanOrEqual(rows - 1)
      for (const line of lines()) expect(displayWidth(line)).toBeLessThanOrEqual(columns)
    }
  })

  it('shows what the frame holds, its empty lines as well', () => {
    const { lines } = mount(80, 24)
    expect(lines()[0]).toContain('lb-3 · process')
    expect(lines()).toContain('')
    expect(lines().join('\n')).toContain('api-2 answers no more')
  })

  it('takes each Ctrl-C, those that arrive together as well, and no other key', async () => {
    let presses = 0
    const { ink } = mount(80, 24, 0.5, () => {
      presses += 1
    })
    ink.stdin.write('c')
    ink.stdin.write('q')
    ink.stdin.write('\x1b[A')
    expect(presses).toBe(0)
    ink.stdin.write('\x03')
    await expect.poll(() => presses).toBe(1)
    ink.stdin.write('\x03\x03')
    await expect.poll(() => presses).toBe(3)
  })
})

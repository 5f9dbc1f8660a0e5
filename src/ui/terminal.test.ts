import { rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { bundleDemo } from './testing/bundle-demo.js'
import { openTerminal, type Terminal } from './testing/terminal.js'

/** Synchronized output: the terminal shows what follows at once, when it is complete. */
const BEGINS_FRAME = '\x1b[?2026h'
const CLEARS_SCROLLBACK = '\x1b[3J'

let demo = ''
let open: Terminal[] = []

beforeAll(async () => {
  demo = await bundleDemo()
})
afterAll(() => rmSync(demo, { force: true }))
afterEach(() => {
  for (const terminal of open) terminal.close()
  open = []
})

function start(columns: number, rows: number, ...args: string[]): Terminal {
  const terminal = openTerminal([demo, ...args], { columns, rows })
  open.push(terminal)
  return terminal
}

/** The demo stopped at a snapshot of the outage, and on the screen with it. */
async function startHeld(columns: number, rows: number, ...args: string[]): Promise<Terminal> {
  const terminal = start(columns, rows, '--speed', '100', '--hold', '--stop-at', '40', ...args)
  await terminal.until('12.5 s left')
  return terminal
}

function filled(lines: readonly string[]): string[] {
  return lines.filter((line) => line !== '')
}

describe('the dashboard in a terminal', { timeout: 60_000 }, () => {
  it('shows the run at 80x24', async () => {
    const terminal = await startHeld(80, 24)
    const lines = terminal.lines()
    expect(lines[0]).toMatch(/^ lb-3 · process · http:\/\/127\.0\.0\.1:20341 +open loop, 60 connections$/)
    expect(lines.join('\n')).toContain('DOWN')
    expect(lines.join('\n')).toContain('! saturation')
    expect(lines.at(-1)).toBe('')
    expect(lines.filter((line) => line.startsWith(' response'))).toHaveLength(1)
    expect(terminal.onAlternateScreen()).toBe(true)
    expect(terminal.cursorHidden()).toBe(true)
  })

  it('shows a dozen instances and charts of several lines at 160x50', async () => {
    const terminal = await startHeld(160, 50, '--instances', '12')
    const text = terminal.lines().join('\n')
    expect(text).toContain(' api-12 ')
    expect(text).toContain('top 1,522/s')
    expect(text).toContain('latency says how long the test ran')
    expect(terminal.lines()[0]).toMatch(/60 connections$/)
  })

  it('is drawn anew after each resize, with nothing left over', async () => {
    const terminal = await startHeld(80, 24)
    for (const [columns, rows] of [
      [160, 50],
      [60, 16],
      [100, 30],
      [80, 10],
      [80, 24],
    ] as const) {
      terminal.resize(columns, rows)
      const expected = await startHeld(columns, rows)
      // What a terminal of this size shows from the start is what it must show now.
      await expect.poll(() => terminal.lines(), { timeout: 10_000 }).toEqual(expected.lines())
      expected.close()
    }
    expect(terminal.written()).not.toContain(CLEARS_SCROLLBACK)
  })

  it('gives the terminal back at the end: main screen, cursor, and what was there before', async () => {
    const terminal = start(80, 24, '--speed', '100')
    expect(await terminal.exited()).toBe(0)
    expect(terminal.onAlternateScreen()).toBe(false)
    expect(terminal.cursorHidden()).toBe(false)
    expect(filled(terminal.mainLines())).toEqual([expect.stringContaining('demo done after 0 interrupts')])
  })

  it('draws a few frames a second however many snapshots come, and never misses the last', async () => {
    const terminal = start(80, 24, '--speed', '100')
    await terminal.exited()
    // 67 snapshots, 5 ms apart.
    const frames = terminal.written().split(BEGINS_FRAME).length - 1
    expect(frames).toBeGreaterThan(1)
    expect(frames).toBeLessThan(33)
    expect(terminal.written()).toContain('after 32.4 s')
  })

  it('tells what Ctrl-C does, and a second one ends it', async () => {
    const terminal = await startHeld(80, 24)
    terminal.type('\x03')
    await terminal.until('Ctrl-C once more to abort')
    expect(terminal.onAlternateScreen()).toBe(true)
    terminal.type('\x03')
    expect(await terminal.exited()).toBe(0)
    expect(terminal.cursorHidden()).toBe(false)
    expect(filled(terminal.mainLines())).toEqual([expect.stringContaining('demo aborted after 2 interrupts')])
  })

  it('gives the terminal back before an uncaught error is printed', async () => {
    const terminal = start(80, 24, '--speed', '20', '--throw')
    expect(await terminal.exited()).not.toBe(0)
    expect(terminal.onAlternateScreen()).toBe(false)
    expect(terminal.cursorHidden()).toBe(false)
    expect(terminal.mainLines().join('\n')).toContain('thrown on purpose')
  })

  it('gives the terminal back on a signal that ends the process', async () => {
    const terminal = await startHeld(80, 24)
    terminal.signal('SIGTERM')
    await terminal.exited()
    expect(terminal.onAlternateScreen()).toBe(false)
    expect(terminal.cursorHidden()).toBe(false)
  })

  it('writes no colours when told so, and draws with plain characters when told so', async () => {
    const terminal = await startHeld(80, 24, '--no-colour', '--ascii')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape codes
    expect(terminal.written()).not.toMatch(/\x1b\[[\d;]*m/)
    expect(filled(terminal.lines()).join('')).toMatch(/^[\x20-\x7e]*$/)
  })
})

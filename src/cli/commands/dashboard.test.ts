import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runRecordSchema } from '../../core/record.js'
import { openTerminal, type Terminal } from '../../ui/testing/terminal.js'
import { BIN, CommandLine } from '../testing/command-line.js'

const BENCH = ['bench', 'lb-3', '--engine', 'process', '--rps', '200', '--warmup', '1s', '--out', 'out']

describe('bench in a terminal', { timeout: 60_000 }, () => {
  let cli: CommandLine
  let terminal: Terminal | undefined
  beforeAll(async () => {
    cli = await CommandLine.create()
  })
  afterEach(async () => {
    terminal?.close()
    await cli.run(['clean'])
    expect(await cli.survivors()).toEqual([])
  })
  afterAll(() => cli.dispose())

  const open = (args: string[], columns: number, rows: number): Terminal => {
    const env = { SCALELAB_STATE: join(cli.folder, 'state'), PATH: cli.env.PATH ?? '' }
    terminal = openTerminal([BIN, ...args], { columns, rows }, { cwd: cli.folder, env })
    return terminal
  }

  it('shows the run live at 80x24, survives resizing, and leaves the summary behind', async () => {
    const screen = open([...BENCH, '--duration', '4s'], 80, 24)
    await screen.until(/measuring/)
    await screen.until(/api-3 +\d+\.\d %.* ok /)
    expect(screen.onAlternateScreen()).toBe(true)
    const lines = screen.lines()
    expect(lines[0]).toMatch(/^ lb-3 · process · http:\/\/127\.0\.0\.1:\d+ +open loop, 100 connections$/)
    expect(lines.join('\n')).toMatch(/offered +200\/s/)
    screen.resize(120, 40)
    await screen.until(/measuring/)
    screen.resize(60, 16)
    await screen.until(/measuring/)
    for (const line of screen.lines()) expect(line.length).toBeLessThanOrEqual(60)
    expect(await screen.exited()).toBe(0)
    expect(screen.onAlternateScreen()).toBe(false)
    expect(screen.cursorHidden()).toBe(false)
    expect(screen.mainLines().join('\n')).toMatch(/latency in ms[\s\S]*Report: out\/lb-3/)
  })

  it('drains at Ctrl-C, gives the terminal back, writes the report and exits with 130', async () => {
    const screen = open([...BENCH, '--duration', '60s'], 100, 30)
    await screen.until(/measuring/)
    screen.type('\x03')
    expect(await screen.exited()).toBe(130)
    expect(screen.onAlternateScreen()).toBe(false)
    expect(screen.cursorHidden()).toBe(false)
    const record = runRecordSchema.parse(
      JSON.parse(await readFile(join(cli.folder, 'out', 'lb-3', 'latest', 'run.json'), 'utf8')),
    )
    expect(record.status).toBe('interrupted')
  })
})

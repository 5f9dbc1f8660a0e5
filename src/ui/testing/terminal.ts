import { spawn } from '@lydell/node-pty'
import xterm from '@xterm/headless'

export interface Terminal {
  /** The lines that are visible now, without trailing spaces. */
  lines(): string[]
  /** The lines of the main screen with its scrollback. */
  mainLines(): string[]
  onAlternateScreen(): boolean
  cursorHidden(): boolean
  resize(columns: number, rows: number): void
  type(keys: string): void
  signal(name: string): void
  /** Waits until the visible text has this; fails with the screen after 15 s. */
  until(text: string | RegExp): Promise<void>
  /** The exit code, when the program has ended and all it wrote is on the screen. */
  exited(): Promise<number>
  /** Everything written so far, escape codes and all. */
  written(): string
  close(): void
}

const PATIENCE_MS = 15_000

/** DEC private modes: whether the cursor shows, and whether output is held back until a frame is complete. */
const CURSOR = 25
const SYNCHRONIZED = 2026

/** Runs a program in a pseudo-terminal and keeps what a person would see of it. */
export function openTerminal(
  args: string[],
  size: { columns: number; rows: number },
  where: { cwd?: string; env?: Record<string, string> } = {},
): Terminal {
  const screen = new xterm.Terminal({
    cols: size.columns,
    rows: size.rows,
    scrollback: 1_000,
    allowProposedApi: true,
  })
  // Variables that would change what is drawn; Ink draws nothing in CI.
  const { CI, CONTINUOUS_INTEGRATION, NO_COLOR, FORCE_COLOR, ...env } = process.env
  const child = spawn(process.execPath, args, {
    name: 'xterm-256color',
    cols: size.columns,
    rows: size.rows,
    ...(where.cwd === undefined ? {} : { cwd: where.cwd }),
    env: { ...env, NODE_ENV: 'production', ...where.env },
  })
  let written = ''
  let cursorHidden = false
  /** A terminal shows a frame when it is complete. */
  let frameBegun = false
  child.onData((data) => {
    written += data
    screen.write(data)
  })
  screen.parser.registerCsiHandler({ prefix: '?', final: 'h' }, (codes) => {
    if (codes.includes(CURSOR)) cursorHidden = false
    if (codes.includes(SYNCHRONIZED)) frameBegun = true
    return false
  })
  screen.parser.registerCsiHandler({ prefix: '?', final: 'l' }, (codes) => {
    if (codes.includes(CURSOR)) cursorHidden = true
    if (codes.includes(SYNCHRONIZED)) frameBegun = false
    return false
  })
  let ended = false
  const exit = new Promise<number>((resolve) => {
    child.onExit(({ exitCode }) => {
      ended = true
      resolve(exitCode)
    })
  })
  const parsed = (): Promise<void> => new Promise((resolve) => screen.write('', resolve))
  // The alternate buffer keeps the cells that a narrower terminal no longer shows, so the width is given.
  const linesOf = (buffer: xterm.Terminal['buffer']['active'], from: number, count: number): string[] =>
    Array.from(
      { length: count },
      (_, index) =>
        buffer
          .getLine(from + index)
          ?.translateToString(false, 0, screen.cols)
          .trimEnd() ?? '',
    )
  const lines = (): string[] => linesOf(screen.buffer.active, screen.buffer.active.viewportY, screen.rows)

  return {
    lines,
    mainLines: () => linesOf(screen.buffer.normal, 0, screen.buffer.normal.length),
    onAlternateScreen: () => screen.buffer.active.type === 'alternate',
    cursorHidden: () => cursorHidden,
    resize(columns, rows) {
      screen.resize(columns, rows)
      child.resize(columns, rows)
    },
    type: (keys) => child.write(keys),
    signal: (name) => child.kill(name),
    async until(text) {
      const deadline = performance.now() + PATIENCE_MS
      for (;;) {
        await parsed()
        const now = lines().join('\n')
        if (!frameBegun && (typeof text === 'string' ? now.includes(text) : text.test(now))) return
        if (performance.now() > deadline) throw new Error(`never saw ${text} on the screen:\n${now}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    async exited() {
      const code = await exit
      // What the program wrote last may still be on its way through the terminal.
      await new Promise((resolve) => setTimeout(resolve, 50))
      await parsed()
      return code
    },
    written: () => written,
    close() {
      if (!ended) child.kill('SIGKILL')
      screen.dispose()
    },
  }
}

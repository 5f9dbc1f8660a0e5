import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import type { ReadStream, WriteStream } from 'node:tty'
import { fileURLToPath } from 'node:url'

/** Everything of the operating system that commands use, in one object: the only place where process globals live. */
export interface Os {
  argv: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  pid: number
  nodeBinary: string
  stdin: ReadStream
  stdout: WriteStream
  stderr: WriteStream
  /** Fires at the first Ctrl-C, SIGTERM or SIGHUP. The second one ends the command at once. */
  signal: AbortSignal
  /** What Ctrl-C does, for views in raw mode, where it is a key. */
  interrupt(): void
  /** Where scenarios/ and dist/ lie. */
  packageDir: string
  version: string
  /** Where the state of running stacks is kept. */
  stateDir: string
}

/** The reason of `Os.signal`: ends a command with exit code 130. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** The real one. */
export function realOs(): Os {
  // React's development build costs the dashboard twice the processor time.
  process.env.NODE_ENV ??= 'production'
  const controller = new AbortController()
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      // Registered now, it runs after the view's own handler has given the terminal back.
      process.on('exit', () => process.stderr.write('\nEnded at once. What may be left behind: scalelab clean\n'))
      process.exit(130)
    }
    controller.abort(new Interrupted('interrupted'))
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt)
  // A reader that has gone (| head) is no reason for a stack trace.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const packageDir = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
  return {
    argv: process.argv,
    env: process.env,
    cwd: process.cwd(),
    pid: process.pid,
    nodeBinary: process.execPath,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: controller.signal,
    interrupt,
    packageDir,
    version: versionOf(packageDir),
    stateDir: stateDirOf(process.env),
  }
}

function versionOf(packageDir: string): string {
  const data: unknown = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8'))
  return typeof data === 'object' && data !== null && 'version' in data ? String(data.version) : 'unknown'
}

/** SCALELAB_STATE, else scalelab/ in XDG_STATE_HOME (XDG Base Directory Specification 0.8). */
function stateDirOf(env: Os['env']): string {
  const absolute = (path: string | undefined): string | undefined =>
    path !== undefined && isAbsolute(path) ? path : undefined
  // Without HOME, as services and cron jobs are, that of the user's account.
  const home = (): string => absolute(env.HOME) ?? userInfo().homedir
  return env.SCALELAB_STATE || join(absolute(env.XDG_STATE_HOME) ?? join(home(), '.local', 'state'), 'scalelab')
}

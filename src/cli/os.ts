import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import type { ReadStream, WriteStream } from 'node:tty'
import { fileURLToPath } from 'node:url'
import { environmentError } from '../core/errors.js'
import { type Beginning, type Endings, endings } from './endings.js'

/** Everything of the operating system that commands use, in one object: the only place where process globals live. */
export interface Os extends Endings {
  argv: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  /** The folder that the command was called in. @throws LabError (environment) when that is gone */
  readonly cwd: string
  pid: number
  nodeBinary: string
  stdin: ReadStream
  stdout: WriteStream
  stderr: WriteStream
  /** Where scenarios/ and dist/ lie. */
  packageDir: string
  version: string
  /** Where the state of running stacks is kept. */
  stateDir: string
}

/** The real one. */
export function realOs(before: Beginning): Os {
  // React's development build costs the dashboard twice the processor time.
  process.env.NODE_ENV ??= 'production'
  const packageDir = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
  return {
    ...endings(process, before),
    argv: process.argv,
    env: process.env,
    get cwd() {
      return currentFolder()
    },
    pid: process.pid,
    nodeBinary: process.execPath,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    packageDir,
    version: versionOf(packageDir),
    stateDir: stateDirOf(process.env),
  }
}

export const FOLDER_GONE = 'the current folder is gone'

function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    throw environmentError(FOLDER_GONE, 'Go to one that is there: cd')
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

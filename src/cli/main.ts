import { type Command, CommanderError } from 'commander'
import { EXIT, type ExitCode, environmentError, LabError, SHORTAGES, usageError } from '../core/errors.js'
import { harmless } from '../core/outside-text.js'
import { type Beginning, Interrupted } from './endings.js'
import type { Adapters } from './lab.js'
import { FOLDER_GONE, type Os, realOs } from './os.js'
import { commandsIn, createProgram } from './program.js'
import { Result } from './result.js'

/** Runs the command line of this process and sets its exit code. */
export async function main(before: Beginning): Promise<void> {
  const os = realOs(before)
  const code = await runCommandLine(os)
  // What was left as it stands would go on.
  if (os.atOnce.aborted) process.exit(code)
  process.exitCode = code
}

/**
 * Runs one command line to its end, however it ends: what went wrong is told on stderr, and with --json exactly one document is
 * written to stdout, with what went wrong as its `error`.
 * @param adapters what runs stacks and load; the real ones unless others are given
 * @returns the exit code
 */
export async function runCommandLine(os: Os, adapters?: Adapters): Promise<ExitCode> {
  const result = new Result(os.argv)
  const program = await createProgram(os, result, commandsIn(os.argv), adapters)
  const failure = (await failureOf(program, os)) ?? (await unheeded(os))
  if (failure === null) {
    await write(os, result.text(null))
    // Only now it is known whether all that was written could be.
    const late = await unheeded(os)
    return late === null ? result.code : tell(late, os)
  }
  const code = tell(failure, os)
  const { message, hint } = failure
  await write(os, result.text({ message, hint: hint ?? null, exit_code: code }))
  return code
}

/** What a command did not end well by. */
type Failure = Pick<LabError, 'exitCode' | 'message' | 'hint' | 'details'> & { stack?: string | undefined }

async function failureOf(program: Command, os: Os): Promise<Failure | null> {
  const left = new Promise<never>((_, reject) => {
    os.atOnce.addEventListener('abort', () => reject(os.atOnce.reason))
  })
  try {
    await Promise.race([program.parseAsync([...os.argv]), left])
    return null
  } catch (error) {
    // Help and version are no failures.
    if (error instanceof CommanderError) return error.exitCode === 0 ? null : misuse(error)
    return explained(error, os)
  }
}

/** A command that had done its work when its reader went away has ended well; one that could not write, or met a bug, has not. */
async function unheeded(os: Os): Promise<Failure | null> {
  // Errors of a stream come after what was written.
  await Promise.all([written(os.stdout, ''), written(os.stderr, '')])
  return os.signal.aborted && !(os.signal.reason instanceof Interrupted) ? explained(os.signal.reason, os) : null
}

/** Of commander's "error: unknown option '--rsp'\n(Did you mean --rps?)". */
function misuse({ message, code }: CommanderError): Failure {
  if (code === 'commander.help') return usageError('no command was given', 'See: scalelab --help')
  const [what = '', ...hint] = message.replace(/^error: /, '').split('\n')
  return usageError(what, hint.join('\n').replace(/^\((.*)\)$/s, '$1') || undefined)
}

function explained(error: unknown, os: Os): Failure {
  const { reason, aborted } = os.signal
  if (os.atOnce.aborted) {
    const hint = 'What may be left behind: scalelab clean --dry-run'
    return { exitCode: EXIT.interrupted, message: 'Ended at once', hint, details: [] }
  }
  if (aborted && isOf(error, reason)) {
    if (!(reason instanceof Interrupted)) return known(reason)
    return { exitCode: EXIT.interrupted, message: reason.message, hint: undefined, details: [] }
  }
  if (aborted && reason instanceof Interrupted && error instanceof LabError) {
    // On the way out something did not work: what may be left is told, and it was interrupted all the same.
    const { message, hint, details } = error
    return { exitCode: EXIT.interrupted, message: `${reason.message}. While ending: ${message}`, hint, details }
  }
  return known(error)
}

/** Whether an error is the reason of the signal, or follows from it, as the AbortError of a timer does. */
function isOf(error: unknown, reason: unknown): boolean {
  if (error === reason || error instanceof Interrupted) return true
  return error instanceof Error && (error.name === 'AbortError' || error.cause === reason)
}

/** What the operating system refuses is the machine's fault and no bug. */
const HINTS: Record<string, string> = {
  ...SHORTAGES,
  EACCES: 'See who may read and write it: ls -l',
  ERR_MODULE_NOT_FOUND: 'scalelab is not built or not installed whole: npm ci && npm run build',
}

function known(error: unknown): Failure {
  if (error instanceof LabError) return error
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  if (syscall === 'uv_cwd') return environmentError(FOLDER_GONE, 'Go to one that is there: cd')
  if (code !== undefined && (syscall !== undefined || HINTS[code] !== undefined)) {
    return environmentError((error as Error).message.split('\n')[0] ?? code, HINTS[code])
  }
  const stack = error instanceof Error ? error.stack : String(error)
  const message = `This is a bug in scalelab: ${error instanceof Error ? error.message : error}`
  return { exitCode: EXIT.bug, message, hint: 'Please report it', details: [], stack }
}

/** @returns the exit code */
function tell({ exitCode, message, hint, details, stack }: Failure, os: Os): ExitCode {
  const lines =
    exitCode === EXIT.bug
      ? [`This is a bug in scalelab ${os.version}; please report it with what follows.`, stack]
      : [
          exitCode === EXIT.interrupted ? `${message}.` : `error: ${message}`,
          ...details.map((line) => `  | ${line}`),
          ...(hint === undefined ? [] : hint.split('\n').map((line) => `  ${line}`)),
        ]
  // Node logs and servers' answers are among them.
  os.stderr.write(`${harmless(lines.join('\n'))}\n`)
  return exitCode
}

async function write(os: Os, text: string | null): Promise<void> {
  if (text !== null) await written(os.stdout, text)
}

/** Settles when it is written, or could not be: `Os.signal` tells. */
function written(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => setImmediate(resolve))
  })
}

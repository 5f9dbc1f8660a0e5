import { CommanderError } from 'commander'
import { EXIT, type ExitCode, LabError } from '../core/errors.js'
import { harmless, jsonText } from '../core/outside-text.js'
import { Interrupted, type Os, realOs } from './os.js'
import { createProgram } from './program.js'

/** Runs the command line of this process and sets its exit code. */
export async function main(): Promise<void> {
  process.exitCode = await runCommandLine(realOs())
}

/** Runs one command line. @returns the exit code */
export async function runCommandLine(os: Os): Promise<ExitCode> {
  let outcome: ExitCode = EXIT.ok
  const program = createProgram(os, (code) => {
    outcome = code
  })
  try {
    await program.parseAsync([...os.argv])
    return outcome
  } catch (error) {
    return report(error, os)
  }
}

function report(error: unknown, os: Os): ExitCode {
  // commander has printed its own message; help and version are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof Interrupted || (os.signal.aborted && os.signal.reason === error)) {
    os.stderr.write('Interrupted.\n')
    return EXIT.interrupted
  }
  if (error instanceof LabError) {
    const lines = [
      `error: ${error.message}`,
      ...error.details.map((line) => `  | ${line}`),
      ...(error.hint === undefined ? [] : error.hint.split('\n').map((line) => `  ${line}`)),
    ]
    // Node logs and servers' answers are among them.
    os.stderr.write(`${harmless(lines.join('\n'))}\n`)
    if (os.argv.includes('--json')) {
      const { message, hint, exitCode } = error
      os.stdout.write(`${jsonText({ error: { message, hint: hint ?? null, exit_code: exitCode } })}\n`)
    }
    return error.exitCode
  }
  os.stderr.write(`This is a bug in scalelab ${os.version}; please report it with what follows.\n`)
  os.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  return EXIT.bug
}

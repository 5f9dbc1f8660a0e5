import { nearest } from './nearest.js'

/** Exit codes of the command line, all of them. README and `scalelab --help` print this table. */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  environment: 3,
  runFailed: 4,
  expectationMissed: 5,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/**
 * A failure that a person can act on: printed as its message and hint, without a stack trace.
 * Anything thrown that is not a LabError is a bug and exits with 1.
 */
export class LabError extends Error {
  override readonly name = 'LabError'
  readonly exitCode: ExitCode
  /** What to do next, one or more lines; shown after the message. */
  readonly hint: string | undefined
  /** Lines that show the cause (last log lines of a node, say), shown indented. */
  readonly details: readonly string[]

  constructor(
    message: string,
    options: { exitCode: ExitCode; hint?: string; details?: readonly string[]; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.exitCode = options.exitCode
    this.hint = options.hint
    this.details = options.details ?? []
  }
}

/** The user asked for something that cannot be: exit code 2. */
export function usageError(message: string, hint?: string): LabError {
  return new LabError(message, { exitCode: EXIT.usage, ...(hint === undefined ? {} : { hint }) })
}

/** The machine lacks something: exit code 3. The hint should hold the command that fixes it. */
export function environmentError(message: string, hint?: string, details?: readonly string[]): LabError {
  return new LabError(message, {
    exitCode: EXIT.environment,
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  })
}

/** What helps where the operating system had too little of something, by its error's code. */
export const SHORTAGES: Readonly<Record<string, string>> = {
  EMFILE: 'Allow more open files: ulimit -n 4096',
  ENFILE: 'The whole machine has too many files open: lsof | wc -l',
  ENOSPC: 'Free some space: df -h',
  ENOMEM: 'Free some memory: free -m',
}

/** The run began and could not be finished: exit code 4. */
export function runError(message: string, hint?: string, details?: readonly string[]): LabError {
  return new LabError(message, {
    exitCode: EXIT.runFailed,
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  })
}

/**
 * A value that is not among those allowed: names the value, the allowed ones, and the nearest match.
 * @param what the noun the value stands for, as in "scenario" or "--strategy"
 */
export function unknownValueError(what: string, value: string, allowed: readonly string[]): LabError {
  const close = nearest(value, allowed)
  return usageError(
    `unknown ${what} "${value}"`,
    [...(close === undefined ? [] : [`Did you mean "${close}"?`]), `Allowed: ${allowed.join(', ')}`].join('\n'),
  )
}

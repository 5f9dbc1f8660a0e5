import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { environmentError } from '../core/errors.js'

/** The reason of `Os.signal` where somebody or something ended the command: exit code 130. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** Every way in which a command is ended before its work is done. */
export interface Endings {
  /**
   * Fires once: at Ctrl-C, SIGTERM, SIGHUP, when nobody reads what is written any more, when whoever started the command is
   * gone; with a LabError when stdout cannot be written for another reason; with whatever else nobody caught, which is a bug.
   */
  signal: AbortSignal
  /** Fires when it is asked for again: nothing is waited for any more that may be left out; what was made is still undone. */
  hurry: AbortSignal
  /** Fires at the third Ctrl-C: the command is left as it stands. */
  atOnce: AbortSignal
  /** What Ctrl-C does, for views in raw mode, where it is a key. */
  interrupt(): void
}

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What was there before anything listened. */
export interface Beginning {
  signals: readonly NodeJS.Signals[]
  /** Who started the command. */
  parent: number
}

/** One Ctrl-C comes twice under npx, one `timeout` too: to the process and to its group. In milliseconds. */
const SAME_MS = 250
/** How often it is looked whether whoever started the command still lives, in milliseconds. */
const PARENT_MS = 500

export function endings(of: NodeJS.Process, before: Beginning): Endings {
  const ending = new AbortController()
  const hurrying = new AbortController()
  const leaving = new AbortController()
  // Everything that waits listens: with many nodes that is no leak that Node should warn of.
  for (const { signal } of [ending, hurrying, leaving]) setMaxListeners(0, signal)
  let asked = Number.NEGATIVE_INFINITY
  const end = (how: string): void => {
    // A terminal that is closed breaks the pipes, ends the parent and signals, all at once: that is one ending.
    asked = performance.now()
    ending.abort(new Interrupted(how))
  }
  const ask = (signal: NodeJS.Signals): void => {
    const again = performance.now() - asked >= SAME_MS
    asked = performance.now()
    if (!ending.signal.aborted) end(signal === 'SIGINT' ? 'Interrupted' : `Interrupted by ${signal}`)
    else if (!again) return
    else if (!hurrying.signal.aborted) hurrying.abort()
    // What is sent by programs is sent to end in order, however often.
    else if (signal === 'SIGINT') leaving.abort()
  }
  const mayStay = staysWithoutTerminal(of)
  for (const signal of ENDING_SIGNALS) of.on(signal, () => (signal === 'SIGHUP' && mayStay ? undefined : ask(signal)))
  for (const signal of before.signals) if (signal !== 'SIGHUP' || !mayStay) ask(signal)
  for (const stream of ['stdout', 'stderr'] as const) {
    of[stream].on('error', ({ code, message }: NodeJS.ErrnoException) => {
      // A pipe without a reader (| head), and a terminal that was closed.
      if (code === 'EPIPE' || code === 'EIO') return end(`Interrupted: nobody reads ${stream} any more`)
      ending.abort(environmentError(`${stream} cannot be written: ${message}`, hintOf(code)))
    })
  }
  of.on('uncaughtException', (error) => ending.abort(error))
  if (!mayStay) whenParentIsGone(of, before.parent, () => end('Interrupted: whoever started this command is gone'))
  return { signal: ending.signal, hurry: hurrying.signal, atOnce: leaving.signal, interrupt: () => ask('SIGINT') }
}

function hintOf(code: string | undefined): string | undefined {
  return code === 'ENOSPC' || code === 'EDQUOT' ? 'Free some space where it is redirected to' : undefined
}

/**
 * Whether the command was asked to outlive its terminal: by nohup, in a script that ignores SIGHUP, or by setsid. Node sets every
 * signal back to its default when it starts, so what the command itself was given to ignore cannot be seen any more.
 */
function staysWithoutTerminal({ env, pid, ppid }: NodeJS.Process): boolean {
  if (basename(env._ ?? '') === 'nohup') return true
  const ignored = /^SigIgn:\s+([0-9a-f]+)$/m.exec(readProc(`${ppid}/status`))?.[1]
  if (ignored !== undefined && (BigInt(`0x${ignored}`) & 1n) === 1n) return true
  // Field 6, the session; the fields after the name, which may hold anything, begin with the third.
  const stat = readProc(`${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3] === String(pid)
}

function whenParentIsGone(of: NodeJS.Process, parent: number, then: () => void): void {
  const timer = setInterval(() => {
    if (of.ppid === parent) return
    clearInterval(timer)
    then()
  }, PARENT_MS)
  timer.unref()
}

/** Empty where there is no /proc. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return ''
  }
}

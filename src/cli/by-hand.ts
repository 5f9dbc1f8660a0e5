import { runError } from '../core/errors.js'
import type { FailoverStep } from '../replication/failover.js'
import type { Lab } from './lab.js'

/** Shows what is about to be done and waits for a line: what the documents do by hand, done at the reader's pace. */
export function byHand({ os: { stdin, stderr, signal } }: Lab): (step: FailoverStep) => Promise<void> {
  /** Lines that have come and that no step has used. */
  let lines = 0
  let ended = false
  let wake = (): void => {}
  stdin.on('data', (text: Buffer | string) => {
    lines += String(text).split('\n').length - 1
    wake()
  })
  stdin.on('end', () => {
    ended = true
    wake()
  })
  signal.addEventListener('abort', () => wake(), { once: true })
  stdin.pause()
  return async ({ title, statement }) => {
    stderr.write(`\n  next: ${title}\n        ${statement}\n  Enter goes on, Ctrl-C stops: `)
    // What a person typed before they saw the question is no answer to it; a script says everything at once.
    if (stdin.isTTY) lines = 0
    stdin.resume()
    try {
      while (lines === 0 && !ended && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      signal.throwIfAborted()
      // A closed input is nobody's consent.
      if (lines === 0)
        throw runError('nobody answered: stdin is closed', 'Answer each step with Enter, or leave --manual out')
      lines -= 1
    } finally {
      stdin.pause()
      stderr.write('\n')
    }
  }
}

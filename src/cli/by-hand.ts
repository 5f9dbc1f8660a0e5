import type { Step } from '../replication/failover.js'
import type { Lab } from './lab.js'

/** Shows what is about to be done and waits for a line: what the documents do by hand, done at the reader's pace. */
export function byHand(lab: Lab): (step: Step) => Promise<void> {
  return async ({ title, statement }) => {
    const { stdin, stderr, signal } = lab.os
    stderr.write(`\n  next: ${title}\n        ${statement}\n  Enter goes on, Ctrl-C stops: `)
    stdin.resume()
    try {
      await new Promise<void>((resolve, reject) => {
        const stop = (): void => reject(signal.reason)
        signal.addEventListener('abort', stop, { once: true })
        // A closed input is nobody's consent, and nobody's refusal: a script has said all it had to say.
        stdin.once('end', resolve)
        stdin.once('data', () => {
          signal.removeEventListener('abort', stop)
          resolve()
        })
      })
    } finally {
      stdin.pause()
      stderr.write('\n')
    }
  }
}

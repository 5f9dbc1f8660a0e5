// The generator as a program of its own: load must not share an event loop with what draws. It talks to the command over
// its IPC channel only, and ends at once when that channel closes: whatever kills the command leaves no load behind.
import { readFileSync } from 'node:fs'
import { LabError } from '../core/errors.js'
import { Generator, tooFewDescriptors } from './generator.js'
import type { FromGenerator, ToGenerator } from './messages.js'

/** Descriptors that a node process has open before the first connection, generously. */
const OWN_DESCRIPTORS = 40

let generator: Generator | undefined

process.on('disconnect', () => process.exit())
// Ctrl-C, a closed terminal and `timeout` reach the whole group; the command decides how the run ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})
process.on('message', (message: ToGenerator) => {
  handle(message).catch((error: unknown) => {
    if (!(error instanceof LabError)) throw error
    const { message: text, exitCode, hint, details } = error
    tell({ type: 'failed', message: text, exitCode, hint, details }, () => process.exit())
  })
})

async function handle(message: ToGenerator): Promise<void> {
  if (message.type === 'connect') {
    const { connections } = message.options
    const limit = descriptorLimit()
    if (connections + OWN_DESCRIPTORS > limit) throw tooFewDescriptors(connections, limit)
    generator = new Generator({ ...message.options, onTick: (tick) => tell({ type: 'tick', tick }) })
    await generator.connect()
    tell({ type: 'connected' })
  } else if (message.type === 'run') {
    const result = await generator?.run(message.originNs)
    if (result !== undefined) tell({ type: 'result', result }, () => process.exit())
  } else {
    generator?.stop(message.atMs, message.drain)
  }
}

function tell(message: FromGenerator, then?: () => void): void {
  process.send?.(message, undefined, undefined, () => then?.())
}

/** The soft limit of open files where it can be read (Linux); elsewhere the first refused connection tells. */
function descriptorLimit(): number {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    return line === null ? Number.POSITIVE_INFINITY : Number(line[1])
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

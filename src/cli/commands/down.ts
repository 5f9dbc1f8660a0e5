import type { Command } from 'commander'
import { usageError } from '../../core/errors.js'
import { nearest } from '../../core/nearest.js'
import type { Stack } from '../../engines/port.js'
import { findStacks } from '../../lab/stack/running-stacks.js'
import { withLock } from '../../store/lock.js'
import type { Lab } from '../lab.js'

export function add(command: Command, lab: Lab): void {
  command
    .description('Stops and removes every node of a stack. Without a name: the one that runs.')
    .argument('[stack]', 'name of the stack')
    .option('--all', 'every stack')
    .option('--json', 'what was taken down as JSON')
    .addHelpText('after', '\nExamples:\n  $ scalelab down\n  $ scalelab down lb-3\n  $ scalelab down --all')
    .action(async (name: string | undefined, options: { all?: boolean }) => {
      const { stacks, problems } = await findStacks(await lab.allEngines())
      for (const problem of problems) lab.remark(`Not looked at: ${problem}`)
      const chosen = choose(stacks, name, options.all === true)
      const done: { stack: string; engine: string }[] = []
      lab.document(done)
      if (chosen.length === 0) {
        lab.print(name === undefined ? 'Nothing is running.' : `No stack ${name} is running: nothing to do.`)
      }
      for (const stack of chosen) {
        lab.os.signal.throwIfAborted()
        await withLock(lab.os.stateDir, stack.meta.name, () => stack.down())
        done.push({ stack: stack.meta.name, engine: stack.meta.engine })
        lab.print(`${stack.meta.name} is down.`)
      }
    })
}

function choose(stacks: readonly Stack[], name: string | undefined, all: boolean): readonly Stack[] {
  if (all) return stacks
  const names = [...new Set(stacks.map((stack) => stack.meta.name))]
  if (name !== undefined) {
    const found = stacks.filter((stack) => stack.meta.name === name)
    const close = found.length === 0 ? nearest(name, names) : undefined
    // Down twice is fine; a typing mistake is not.
    if (close !== undefined && !/^(single|(lb|repl)-\d+)$/.test(name)) {
      throw usageError(`no stack "${name}" is running`, `Did you mean "${close}"?\nRunning: ${names.join(', ')}`)
    }
    return found
  }
  if (names.length > 1) throw usageError(`several stacks are running: ${names.join(', ')}`, 'Name one, or use --all')
  return stacks
}

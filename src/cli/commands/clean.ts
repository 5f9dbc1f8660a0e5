import type { Command } from 'commander'
import { environmentError, LabError } from '../../core/errors.js'
import { thawForgotten } from '../../lab/stack/forgotten-faults.js'
import { findStacks, stateOf } from '../../lab/stack/running-stacks.js'
import { withLock } from '../../store/lock.js'
import type { Lab } from '../lab.js'

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'Finds every process, container, network and folder that scalelab made, in whatever state, and removes it: stacks that run, stacks whose start was cut off, stacks of a command that was killed. What a scalelab command is using right now is named and left. Nothing else is touched; reports stay.',
    )
    .option('--dry-run', 'say what would be removed')
    .option('--json', 'what was removed and what was kept as JSON')
    .option('--leftovers', 'only what was cut off or has no owner any more; keep stacks that run')
    .addHelpText('after', '\nExamples:\n  $ scalelab clean --dry-run\n  $ scalelab clean')
    .action(async (options: { dryRun?: boolean; leftovers?: boolean }) => {
      const engines = await lab.allEngines()
      const { stacks, problems } = await findStacks(engines)
      const found: { stack: string; engine: string; was: string; removed: boolean; reason: string | null }[] = []
      const swept: string[] = []
      lab.document({ stacks: found, swept })
      let removed = 0
      let failed = false
      for (const stack of stacks) {
        const { name, engine } = stack.meta
        const state = await stateOf(stack, lab)
        if (state === 'in use') {
          const reason = 'in use by a running scalelab command'
          found.push({ stack: name, engine, was: state, removed: false, reason })
          lab.print(`kept     ${name} (${engine}): ${reason}`)
          continue
        }
        if (options.leftovers === true && state === 'running') {
          if (options.dryRun !== true) await thawForgotten(lab, stack)
          continue
        }
        removed += 1
        if (options.dryRun === true) {
          found.push({ stack: name, engine, was: state, removed: false, reason: 'a dry run' })
          lab.print(`would remove ${name} (${engine}): ${state}`)
          continue
        }
        lab.os.signal.throwIfAborted()
        try {
          await withLock(lab.os.stateDir, name, () => stack.down())
          found.push({ stack: name, engine, was: state, removed: true, reason: null })
          lab.print(`removed  ${name} (${engine}): ${state}`)
        } catch (error) {
          if (!(error instanceof LabError)) throw error
          failed = true
          found.push({ stack: name, engine, was: state, removed: false, reason: error.message })
          lab.print(`kept     ${name} (${engine}): ${error.message}`)
        }
      }
      for (const engine of engines) {
        for (const what of (await engine.sweep?.(options.dryRun !== true)) ?? []) {
          removed += 1
          swept.push(what)
          lab.print(`${options.dryRun === true ? 'would remove' : 'removed '} ${what}: half-made`)
        }
      }
      for (const problem of problems) lab.remark(`Not looked at: ${problem}`)
      if (removed === 0 && !failed) lab.print('Nothing to remove.')
      if (failed) throw environmentError('not everything could be removed', 'See the reasons above')
    })
}

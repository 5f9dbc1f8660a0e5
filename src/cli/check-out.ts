import type { Command } from 'commander'
import { checkWritable } from '../store/folders.js'

/**
 * Finds out whether what a command is going to write to --out can be written there, before it measures for minutes.
 * @throws LabError (environment)
 */
export function checkOut(command: Command): void {
  const { out }: { out?: unknown } = command.opts()
  // `report` writes where the records are; below its default only comparisons.
  if (typeof out !== 'string' || (command.name() === 'report' && command.getOptionValueSource('out') === 'default'))
    return
  checkWritable(out)
}

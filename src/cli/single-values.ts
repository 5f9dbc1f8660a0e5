import type { Command } from 'commander'
import { usageError } from '../core/errors.js'

/**
 * Has a command and all below it refuse an option that is given twice though it takes one value: which of the two was
 * meant nobody can know. Options that collect their values have a parser of their own.
 */
export function refuseRepeated(command: Command): void {
  const given = new Set<string>()
  for (const option of command.options) {
    const takesOne = (option.required || option.optional || option.negate) && option.parseArg === undefined
    if (!takesOne || option.variadic) continue
    command.on(`option:${option.name()}`, () => {
      // --vertical and --no-vertical are one.
      const name = option.attributeName()
      if (given.has(name)) throw usageError(`${option.long ?? option.name()} is given twice`, 'Give it once')
      given.add(name)
    })
  }
  for (const below of command.commands) refuseRepeated(below)
}
